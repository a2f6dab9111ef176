/** The custom fields of a customer that people write, each by its type. */
import { MultiSelect, NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core';
import { errorAt, type UserError } from '../../api/change';
import { useTexts } from '../../texts';
import { heldOf, pathOf, type CustomField, type CustomValues } from './custom';
import type { Value } from './fields';
import { useCustomShown } from './shown';

export function CustomFields({
  fields,
  values,
  errors,
  onChange,
}: {
  fields: readonly CustomField[];
  values: CustomValues;
  errors: readonly UserError[];
  onChange: (changed: CustomValues) => void;
}) {
  if (fields.length === 0) return null;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      {fields.map((field) => (
        <Editor
          key={field.id}
          field={field}
          value={values[field.key] ?? ''}
          error={errorAt(errors, pathOf(field))}
          onChange={(value) => {
            onChange({ ...values, [field.key]: value });
          }}
        />
      ))}
    </SimpleGrid>
  );
}

function Editor({
  field,
  value,
  error,
  onChange,
}: {
  field: CustomField;
  value: Value;
  error: string | undefined;
  onChange: (value: Value) => void;
}) {
  const text = useTexts();
  const written = typeof value === 'string' ? value : '';
  const { type, label } = field;
  const about = { label, description: useHint(field), error, required: isNeeded(field) };
  const choice = {
    clearable: true,
    clearButtonProps: { 'aria-label': text('choice.clear') },
    nothingFoundMessage: text('choice.none'),
  };
  if (type === 'LIST') {
    const chosen = Array.isArray(value) ? value.map(String) : [];
    return (
      <MultiSelect
        {...about}
        {...choice}
        searchable
        // What was an option once stays until somebody takes it out.
        data={[...new Set([...(field.options ?? []), ...chosen])]}
        value={chosen}
        onChange={onChange}
      />
    );
  }
  if (type === 'BOOLEAN')
    return (
      <Select
        {...about}
        {...choice}
        data={[
          { value: 'yes', label: text('customer.custom.yes') },
          { value: 'no', label: text('customer.custom.no') },
        ]}
        value={written || null}
        onChange={(next) => {
          onChange(next ?? '');
        }}
      />
    );
  if (type === 'NUMBER')
    return (
      <NumberInput
        {...about}
        hideControls
        allowedDecimalSeparators={['.', ',']}
        value={written}
        onChange={(next) => {
          onChange(String(next));
        }}
      />
    );
  return (
    <TextInput
      {...about}
      type={type === 'DATE' ? 'date' : 'text'}
      autoComplete="off"
      value={written}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

function isNeeded({ isRequired, defaultValue }: CustomField): boolean {
  return isRequired && (defaultValue ?? null) === null;
}

/** What it takes, and what it becomes when it is left empty. */
function useHint(field: CustomField): string | undefined {
  const text = useTexts();
  const shown = useCustomShown();
  const { type, minimum, maximum, defaultValue } = field;
  const hints: string[] = [];
  if (typeof minimum === 'number' || typeof maximum === 'number')
    hints.push(
      text(type === 'TEXT' ? 'customer.custom.length' : 'customer.custom.range', {
        bounds: typeof minimum !== 'number' ? 'most' : typeof maximum !== 'number' ? 'least' : 'both',
        minimum: minimum ?? 0,
        maximum: maximum ?? 0,
      }),
    );
  if ((defaultValue ?? null) !== null)
    hints.push(text('customer.custom.default', { value: shown(field, heldOf(field, defaultValue)) }));
  return hints.join(' ') || undefined;
}
