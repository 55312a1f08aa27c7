"""Matrices and contracts in versions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_organization_terms_stamp'),
        ('catalog', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContractVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('published_at', models.DateTimeField(verbose_name='known since')),
                ('terms', models.JSONField()),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.contract')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'version of the contract',
                'verbose_name_plural': 'versions of the contract',
                'ordering': ('contract_id', 'number'),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='MatrixVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('effective_from', models.DateTimeField(verbose_name='in force from')),
                ('published_at', models.DateTimeField()),
                ('cells', models.JSONField()),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.contract')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization', verbose_name='organization')),
            ],
            options={
                'verbose_name': 'priority matrix',
                'verbose_name_plural': 'priority matrices',
                'ordering': ('contract_id', 'number'),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='contract_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='matrixversion',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='matrix_version_unique'),
        ),
    ]
