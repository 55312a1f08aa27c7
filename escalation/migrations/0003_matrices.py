"""Levels stand in matrices with versions: of an organization, or of one of its contracts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_duty'),
        ('catalog', '0005_matrix_reason'),
        ('escalation', '0002_duty'),
        ('sla', '0011_target_bounds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EscalationMatrix',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('hierarchical', 'Escalation matrix'), ('technical', 'List for technical failures'), ('complaints', 'Complaints and suggestions')], default='hierarchical', max_length=15, verbose_name='kind')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('effective_from', models.DateTimeField(verbose_name='in force from')),
                ('published_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'escalation matrix',
                'verbose_name_plural': 'escalation matrices',
                'ordering': ('organization_id', 'kind', 'contract_id', 'number'),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AlterModelOptions(
            name='escalationlevel',
            options={'base_manager_name': 'objects', 'ordering': ('matrix_id', 'position', 'pk'), 'verbose_name': 'escalation level', 'verbose_name_plural': 'escalation levels'},
        ),
        migrations.RemoveConstraint(
            model_name='escalationlevel',
            name='escalation_level_unique',
        ),
        migrations.AddField(
            model_name='escalationlevel',
            name='purpose_en',
            field=models.CharField(blank=True, max_length=200, verbose_name='what it is for, in English'),
        ),
        migrations.AddField(
            model_name='escalationlevel',
            name='purpose_es',
            field=models.CharField(blank=True, max_length=200, verbose_name='what it is for, in Spanish'),
        ),
        migrations.AddField(
            model_name='escalationmatrix',
            name='contract',
            field=models.ForeignKey(blank=True, help_text='Empty: for the tickets of every contract that has none of its own.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.contract', verbose_name='contract'),
        ),
        migrations.AddField(
            model_name='escalationmatrix',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization', verbose_name='organization'),
        ),
        migrations.AddField(
            model_name='escalationlevel',
            name='matrix',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='escalation.escalationmatrix'),
        ),
        migrations.AddConstraint(
            model_name='escalationmatrix',
            constraint=models.UniqueConstraint(fields=('contract', 'kind', 'number'), name='escalation_matrix_of_contract'),
        ),
        migrations.AddConstraint(
            model_name='escalationmatrix',
            constraint=models.UniqueConstraint(condition=models.Q(('contract__isnull', True)), fields=('organization', 'kind', 'number'), name='escalation_matrix_of_organization'),
        ),
    ]
