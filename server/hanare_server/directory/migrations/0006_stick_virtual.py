from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0005_standing_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='stick',
            name='virtual',
            field=models.CharField(blank=True, default='', max_length=32),
            preserve_default=False,
        ),
    ]
