/** One field of many customers set to the same value. */
import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { useCountries } from '../../components/countries';
import { useTimeZones } from '../../components/time-zones';
import { useTexts } from '../../texts';
import { EDIT } from './changes';
import { Dialog } from './dialog';
import type { DialogProps } from './selection';

const FIELDS = ['city', 'country', 'timeZone', 'isTracked'] as const;

export function EditDialog({ ids, count, onClose, onDone }: DialogProps & { ids: readonly string[] }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const countries = useCountries();
  const zones = useTimeZones();
  const [field, setField] = useState<(typeof FIELDS)[number]>('city');
  const [value, setValue] = useState('');
  const submit = async () => {
    const given = field === 'isTracked' ? value === 'yes' : value.trim() || null;
    const updates = ids.map((id) => ({ customer: { id }, [field]: given }));
    if (await change(EDIT, { updates })) onDone({ kind: 'edited', count: ids.length });
  };
  const choices = {
    country: countries,
    timeZone: zones,
    isTracked: [
      { value: 'yes', label: text('customer.tracked.yes') },
      { value: 'no', label: text('customer.tracked.no') },
    ],
  };
  return (
    <Dialog
      title={text('selection.edit')}
      submit={text('selection.edit.submit')}
      count={count}
      isBusy={isBusy}
      isReady={field !== 'isTracked' || value !== ''}
      errors={errors}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <Select
        label={text('selection.edit.field')}
        allowDeselect={false}
        data={FIELDS.map((one) => ({ value: one, label: text(`customer.${one}`) }))}
        value={field}
        onChange={(next) => {
          setField(next ?? 'city');
          setValue('');
        }}
      />
      {field === 'city' ? (
        <TextInput
          label={text('customer.city')}
          description={text('selection.edit.empty')}
          value={value}
          onChange={(event) => {
            setValue(event.currentTarget.value);
          }}
        />
      ) : (
        <Select
          key={field}
          label={text(`customer.${field}`)}
          {...(field !== 'isTracked' && { description: text('selection.edit.empty') })}
          searchable={field !== 'isTracked'}
          clearable={field !== 'isTracked'}
          clearButtonProps={{ 'aria-label': text('choice.clear') }}
          nothingFoundMessage={text('choice.none')}
          data={choices[field]}
          value={value || null}
          onChange={(next) => {
            setValue(next ?? '');
          }}
        />
      )}
    </Dialog>
  );
}
