"""The account of a sealed code has an end of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add `sealed_until_ms`; it stays empty for everybody's own account."""

    dependencies = [("console", "0002_cache")]

    operations = [
        migrations.AddField(
            model_name="administrator",
            name="sealed_until_ms",
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
