/** The fields of a customer that people write: for a new one, and to change one. */
import { Checkbox, Select, SimpleGrid, TextInput } from '@mantine/core';
import { errorAt, type UserError } from '../../api/change';
import { TagsChoice } from '../../components/choices';
import { useCountries } from '../../components/countries';
import { useTimeZones } from '../../components/time-zones';
import { useTexts } from '../../texts';

export const TEXT_FIELDS = ['name', 'email', 'phone', 'city'] as const;
export const FIELDS = [...TEXT_FIELDS, 'country', 'timeZone', 'tags', 'isTracked'] as const;

export type Field = (typeof FIELDS)[number];

/** As a form holds it: what is not set is empty. */
export type Value = string | boolean | readonly string[];

export interface Values {
  name: string;
  email: string;
  phone: string;
  city: string;
  country: string;
  timeZone: string;
  tags: readonly string[];
  isTracked: boolean;
}

export const NOTHING: Values = {
  name: '',
  email: '',
  phone: '',
  city: '',
  country: '',
  timeZone: '',
  tags: [],
  isTracked: true,
};

const TYPES = { name: 'text', email: 'email', phone: 'tel', city: 'text' } as const;

/** Whether two values of a field are the same, lists in any order. */
export function isSame(one: Value, other: Value): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  return one.length === other.length && one.every((tag) => other.includes(tag));
}

/** A value as the server is told it. */
export function asInput(value: Value) {
  return typeof value === 'string' ? value.trim() || null : typeof value === 'object' ? [...value] : value;
}

/** Paths at which a field shows a refusal by itself. */
export const SHOWN: readonly string[] = FIELDS;

export function Fields({
  values,
  errors,
  onChange,
}: {
  values: Values;
  errors: readonly UserError[];
  onChange: (changed: Partial<Values>) => void;
}) {
  const text = useTexts();
  const countries = useCountries();
  const zones = useTimeZones();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      {TEXT_FIELDS.map((name) => (
        <TextInput
          key={name}
          type={TYPES[name]}
          label={text(`customer.${name}`)}
          autoComplete="off"
          {...(name === 'name' && { 'data-autofocus': true })}
          value={values[name]}
          error={errorAt(errors, name)}
          onChange={(event) => {
            onChange({ [name]: event.currentTarget.value });
          }}
        />
      ))}
      <Select
        label={text('customer.country')}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': text('choice.clear') }}
        nothingFoundMessage={text('choice.none')}
        data={countries}
        value={values.country || null}
        error={errorAt(errors, 'country')}
        onChange={(country) => {
          onChange({ country: country ?? '' });
        }}
      />
      <Select
        label={text('customer.timeZone')}
        searchable
        clearable
        limit={50}
        clearButtonProps={{ 'aria-label': text('choice.clear') }}
        nothingFoundMessage={text('choice.none')}
        data={zones}
        value={values.timeZone || null}
        error={errorAt(errors, 'timeZone')}
        onChange={(timeZone) => {
          onChange({ timeZone: timeZone ?? '' });
        }}
      />
      <TagsChoice
        label={text('customers.tags')}
        value={[...values.tags]}
        error={errorAt(errors, 'tags')}
        onChange={(tags) => {
          onChange({ tags });
        }}
      />
      <Checkbox
        mt={{ base: 0, xs: 30 }}
        label={text('customer.isTracked')}
        checked={values.isTracked}
        onChange={(event) => {
          onChange({ isTracked: event.currentTarget.checked });
        }}
      />
    </SimpleGrid>
  );
}
