/** The editor of a list of values: chosen from those that there are, or written one after another. */
import { MultiSelect, TagsInput } from '@mantine/core';
import { useTexts } from '../../texts';
import { useChoices } from './single-editor';
import { isNumeric, type Marks } from './value-editor';
import { numberOf, type Scalar } from './values';
import { takesOthers, type FieldInfo } from './words';

interface Props {
  info: FieldInfo;
  values: readonly Scalar[];
  marks: Marks;
  onChange: (values: readonly Scalar[]) => void;
}

export function ListEditor(props: Props) {
  return takesOthers(props.info) ? <WrittenList {...props} /> : <ChosenList {...props} />;
}

function ChosenList({ info, values, marks, onChange }: Props) {
  const text = useTexts();
  const chosen = values.map(String);
  return (
    <MultiSelect
      {...marks}
      miw={220}
      maw={420}
      searchable
      placeholder={chosen.length === 0 ? text('rule.list.choose') : ''}
      data={useChoices(info, chosen)}
      value={chosen}
      onChange={onChange}
    />
  );
}

function WrittenList({ info, values, marks, onChange }: Props) {
  const text = useTexts();
  return (
    <TagsInput
      {...marks}
      miw={220}
      maw={420}
      acceptValueOnBlur
      splitChars={isNumeric(info.type) ? [';', ' '] : [',', ';']}
      placeholder={values.length === 0 ? text('rule.list.write') : ''}
      data={info.options ?? []}
      value={values.map(String)}
      onChange={(written) => {
        // What stays keeps the form in which the rule holds it.
        const kept = new Map(values.map((value) => [String(value), value]));
        onChange(
          written.map((one) => kept.get(one) ?? (info.type === 'NUMBER' ? numberOf(one) : one.trim())),
        );
      }}
    />
  );
}
