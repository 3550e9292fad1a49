"""A gateway can be drained before maintenance."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0004_rekey")]
    operations = [migrations.AddField("gateway", "draining", models.BooleanField(default=False))]
