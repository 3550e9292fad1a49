from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0004_leave_my_number'),
    ]

    operations = [
        migrations.AlterField(
            model_name='request',
            name='act',
            field=models.CharField(choices=[('add-administrator', 'Add Administrator'), ('allow-carrier', 'Allow Carrier'), ('change-administrator', 'Change Administrator'), ('change-profile', 'Change Profile'), ('confirm-original', 'Confirm Original'), ('export-audit', 'Export Audit'), ('issue-code', 'Issue Code'), ('leave-my-number', 'Leave My Number'), ('reset-administrator', 'Reset Administrator'), ('resume', 'Resume'), ('start-rekey', 'Start Rekey')], max_length=24),
        ),
    ]
