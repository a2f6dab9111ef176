/** The editor of one value, by what kind of value its field holds. */
import { Autocomplete, NumberInput, Select, TextInput } from '@mantine/core';
import { useTexts } from '../../texts';
import { useSeparators } from '../separators';
import { useFindings } from './findings';
import { MomentEditor } from './moment-editor';
import type { Marks } from './value-editor';
import type { Scalar } from './values';
import { takesOthers, type FieldInfo } from './words';

interface Props {
  info: FieldInfo;
  value: Scalar;
  marks: Marks;
  onChange: (value: Scalar) => void;
}

export function SingleEditor(props: Props) {
  const { info, value, marks, onChange } = props;
  switch (info.type) {
    case 'NUMBER':
    case 'MONEY':
      return <AmountEditor {...props} />;
    case 'BOOLEAN':
      return <TruthEditor {...props} />;
    case 'DATE_TIME':
      return <MomentEditor value={String(value)} info={info} marks={marks} onChange={onChange} />;
    case 'TEXT':
    case 'LIST':
      return takesOthers(info) ? <WordEditor {...props} /> : <ChoiceEditor {...props} />;
  }
}

/** Amounts go as decimal text, which is exact; counts as numbers. */
function AmountEditor({ info, value, marks, onChange }: Props) {
  const { currency } = useFindings();
  const isMoney = info.type === 'MONEY';
  return (
    <NumberInput
      {...marks}
      {...useSeparators()}
      w={isMoney ? 170 : 120}
      hideControls
      allowDecimal={isMoney || info.field.startsWith('custom.')}
      {...(isMoney && { decimalScale: 4, rightSection: currency, rightSectionWidth: 52 })}
      value={typeof value === 'boolean' ? '' : value}
      onChange={(next) => {
        onChange(isMoney ? String(next) : next);
      }}
    />
  );
}

function TruthEditor({ value, marks, onChange }: Props) {
  const text = useTexts();
  return (
    <Select
      {...marks}
      w={120}
      allowDeselect={false}
      data={[
        { value: 'true', label: text('rule.true') },
        { value: 'false', label: text('rule.false') },
      ]}
      value={String(value)}
      onChange={(next) => {
        onChange(next === 'true');
      }}
    />
  );
}

function WordEditor({ info, value, marks, onChange }: Props) {
  if (!info.options)
    return (
      <TextInput
        {...marks}
        w={220}
        value={String(value)}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      />
    );
  return (
    <Autocomplete
      {...marks}
      w={220}
      data={info.options}
      limit={50}
      value={String(value)}
      onChange={onChange}
    />
  );
}

function ChoiceEditor({ info, value, marks, onChange }: Props) {
  const chosen = String(value);
  return (
    <Select
      {...marks}
      w={220}
      searchable
      allowDeselect={false}
      data={useChoices(info, chosen === '' ? [] : [chosen])}
      value={chosen === '' ? null : chosen}
      onChange={(next) => {
        onChange(next ?? '');
      }}
    />
  );
}

/** All values that there are, and those that a rule holds still: a group may have been deleted since. */
export function useChoices(info: FieldInfo, chosen: readonly string[]) {
  const { words } = useFindings();
  const values = info.choices?.map((one) => one.value) ?? info.options ?? [];
  return [...new Set([...values, ...chosen])].map((value) => ({ value, label: words.value(info, value) }));
}
