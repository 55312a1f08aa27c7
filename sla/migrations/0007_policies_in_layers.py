"""A policy may be a person's or an organization's beside a contract's; a target may be a term in days, or of a category."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0004_without_cells'),
        ('sla', '0006_segment_policy'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='policyversion',
            options={'base_manager_name': 'objects', 'ordering': ('organization_id', 'contract_id', 'person_id', 'number'), 'verbose_name': 'service level policy', 'verbose_name_plural': 'service level policies'},
        ),
        migrations.RemoveConstraint(
            model_name='policytarget',
            name='policy_target_unique',
        ),
        migrations.RemoveConstraint(
            model_name='policytarget',
            name='policy_target_positive',
        ),
        migrations.AddField(
            model_name='clock',
            name='policies',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='clock',
            name='target_unit',
            field=models.CharField(choices=[('time', 'service time'), ('calendar_days', 'calendar days'), ('business_days', 'business days')], default='time', max_length=15),
        ),
        migrations.AddField(
            model_name='clocksegment',
            name='policies',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='clocksegment',
            name='target_unit',
            field=models.CharField(choices=[('time', 'service time'), ('calendar_days', 'calendar days'), ('business_days', 'business days')], default='time', max_length=15),
        ),
        migrations.AddField(
            model_name='policytarget',
            name='category',
            field=models.ForeignKey(blank=True, help_text='Of the catalogue. Empty: every category.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.category', verbose_name='category'),
        ),
        migrations.AddField(
            model_name='policytarget',
            name='days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Instead of minutes.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='or days'),
        ),
        migrations.AddField(
            model_name='policytarget',
            name='in_business_days',
            field=models.BooleanField(default=True, verbose_name='business days'),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='pauses_extend_terms',
            field=models.BooleanField(blank=True, choices=[(None, 'As the policy beneath says'), (True, 'Yes'), (False, 'No')], help_text='Then a day that ends in a pause does not count.', null=True, verbose_name='pauses extend terms in days'),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='person',
            field=models.ForeignKey(blank=True, help_text='For the tickets of this requester alone. Without person and contract it holds for the whole organization.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person'),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='published_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='policytarget',
            name='minutes',
            field=models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='minutes'),
        ),
        migrations.AlterField(
            model_name='policyversion',
            name='business_calendar',
            field=models.ForeignKey(blank=True, help_text="Empty: the one of the policy beneath, in the end the organization's business hours.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.calendar', verbose_name='business calendar'),
        ),
        migrations.AlterField(
            model_name='policyversion',
            name='contract',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.contract', verbose_name='contract'),
        ),
        migrations.AlterField(
            model_name='policyversion',
            name='pauses_while_pending_supplier',
            field=models.BooleanField(blank=True, choices=[(None, 'As the policy beneath says'), (True, 'Yes'), (False, 'No')], null=True, verbose_name='attention pauses while pending supplier'),
        ),
        migrations.AlterField(
            model_name='policyversion',
            name='pauses_while_pending_user',
            field=models.BooleanField(blank=True, choices=[(None, 'As the policy beneath says'), (True, 'Yes'), (False, 'No')], null=True, verbose_name='attention pauses while pending user'),
        ),
        migrations.AlterField(
            model_name='policyversion',
            name='warning_percents',
            field=models.JSONField(blank=True, default=list, verbose_name='warnings at percent'),
        ),
        migrations.AddConstraint(
            model_name='policytarget',
            constraint=models.UniqueConstraint(condition=models.Q(('category__isnull', True)), fields=('policy', 'metric', 'priority', 'support_type'), name='policy_target_unique'),
        ),
        migrations.AddConstraint(
            model_name='policytarget',
            constraint=models.UniqueConstraint(fields=('policy', 'metric', 'priority', 'support_type', 'category'), name='policy_target_by_category'),
        ),
        migrations.AddConstraint(
            model_name='policytarget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('days__isnull', True), ('minutes__gte', 1)), models.Q(('days__gte', 1), ('minutes__isnull', True)), _connector='OR'), name='policy_target_positive'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(condition=models.Q(('person__isnull', False)), fields=('organization', 'person', 'number'), name='policy_of_person_unique'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(condition=models.Q(('contract__isnull', True), ('person__isnull', True)), fields=('organization', 'number'), name='policy_of_organization_unique'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.CheckConstraint(condition=models.Q(('contract__isnull', True), ('person__isnull', True), _connector='OR'), name='policy_of_one'),
        ),
    ]
