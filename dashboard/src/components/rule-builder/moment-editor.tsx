/** The editor of a date, or of a moment: a date with a time. */
import { Checkbox, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../../texts';
import type { Marks } from './value-editor';
import type { FieldInfo } from './words';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Fields of browsers: written as where the reader is, with a calendar, by keyboard too. */
export function MomentEditor({
  value,
  info,
  marks,
  onChange,
}: {
  value: string;
  info: FieldInfo;
  marks: Marks;
  onChange: (value: string) => void;
}) {
  const text = useTexts();
  // A field that is being written is empty at times, and stays of its kind.
  const [last, setLast] = useState(() => isTimed(value));
  const hasTime = value === '' ? last : isTimed(value);
  return (
    <Group gap="xs" wrap="wrap">
      <TextInput
        {...marks}
        w={hasTime ? 210 : 150}
        type={hasTime ? 'datetime-local' : 'date'}
        step={1}
        value={hasTime ? localText(value) : value}
        onChange={(event) => {
          const written = event.currentTarget.value;
          setLast(hasTime);
          onChange(hasTime ? momentText(written) : written);
        }}
      />
      {!info.field.startsWith('custom.') && (value !== '' || hasTime) && (
        <Checkbox
          size="xs"
          label={text('rule.time')}
          checked={hasTime}
          onChange={(event) => {
            const { checked } = event.currentTarget;
            setLast(checked);
            onChange(checked ? momentText(`${value}T00:00:00`) : localText(value).slice(0, 10));
          }}
        />
      )}
    </Group>
  );
}

function isTimed(value: string): boolean {
  return value !== '' && !DAY.test(value);
}

/** The moment as the clock shows it where the reader is, in the form of the browser's field. */
function localText(value: string): string {
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return '';
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

function momentText(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().replace('.000Z', 'Z');
}
