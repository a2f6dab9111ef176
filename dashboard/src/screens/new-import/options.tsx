/** How cells are read, where the file itself leaves it open. */
import { Accordion, Checkbox, Select, SimpleGrid, Stack, TagsInput, TextInput } from '@mantine/core';
import { errorAt, type UserError } from '../../api/change';
import type { DateOrder, IngestionKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Asked } from './asked';
import type { Preview } from './preview';

const DATES: readonly DateOrder[] = ['YMD', 'DMY', 'MDY'];
const PRESETS = ['shopify', 'woocommerce', 'mailchimp', 'hubspot', 'stripe', 'klaviyo'];
const DELIMITERS = ['comma', 'semicolon', 'tab', 'pipe'] as const;
const ENCODINGS = ['utf-8', 'utf-16', 'windows-1252', 'iso-8859-15', 'windows-1250', 'windows-1251'];
const ZONES = Intl.supportedValuesOf('timeZone');

/** Fields that show by themselves what is said against them. */
export const SHOWN_PATHS: readonly string[] = [
  ...['dateOrder', 'decimalComma', 'timeZone', 'country', 'empty', 'topic', 'preset'],
  ...['delimiter', 'encoding', 'sheet'],
];

interface Props {
  kind: IngestionKind;
  asked: Asked;
  preview: Preview;
  errors: readonly UserError[];
  onAsk: (change: Partial<Asked>) => void;
}

export function Options(props: Props) {
  const text = useTexts();
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        <Reading {...props} />
      </SimpleGrid>
      <Accordion variant="contained">
        <Accordion.Item value="more">
          <Accordion.Control>{text('newImport.more')}</Accordion.Control>
          <Accordion.Panel>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
              <FileShape {...props} />
            </SimpleGrid>
            {props.kind === 'CUSTOMERS' && <OfCustomers {...props} />}
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}

function Reading({ asked, preview, errors, onAsk }: Props) {
  const text = useTexts();
  const found = preview.options;
  return (
    <>
      <Select
        label={text('newImport.dateOrder')}
        placeholder={text('newImport.byFile')}
        clearable
        clearButtonProps={{ 'aria-label': text('newImport.byFile') }}
        error={errorAt(errors, 'dateOrder')}
        data={DATES.map((value) => ({ value, label: text(`dateOrder.${value}`) }))}
        value={asked.dateOrder}
        onChange={(dateOrder) => {
          onAsk({ dateOrder });
        }}
      />
      <Select
        label={text('newImport.decimals')}
        placeholder={text('newImport.byFile')}
        clearable
        clearButtonProps={{ 'aria-label': text('newImport.byFile') }}
        error={errorAt(errors, 'decimalComma')}
        data={[
          { value: 'true', label: text('newImport.decimals.comma') },
          { value: 'false', label: text('newImport.decimals.point') },
        ]}
        value={asked.decimalComma === null ? null : String(asked.decimalComma)}
        onChange={(value) => {
          onAsk({ decimalComma: value === null ? null : value === 'true' });
        }}
      />
      <Select
        label={text('newImport.timeZone')}
        placeholder={found.timeZone}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': text('newImport.byFile') }}
        limit={100}
        error={errorAt(errors, 'timeZone')}
        data={ZONES}
        value={asked.timeZone}
        onChange={(timeZone) => {
          onAsk({ timeZone });
        }}
      />
      <TextInput
        label={text('newImport.country')}
        placeholder={found.country ?? text('newImport.country.example')}
        maxLength={2}
        error={errorAt(errors, 'country')}
        value={asked.country}
        onChange={(event) => {
          onAsk({ country: event.currentTarget.value.toUpperCase() });
        }}
      />
    </>
  );
}

function FileShape({ asked, preview, errors, onAsk }: Props) {
  const text = useTexts();
  const clear = { clearable: true, clearButtonProps: { 'aria-label': text('newImport.byFile') } };
  return (
    <>
      <TagsInput
        label={text('newImport.empty')}
        description={text('newImport.empty.hint')}
        placeholder={asked.empty.length ? '' : 'n/a'}
        error={errorAt(errors, 'empty')}
        value={[...asked.empty]}
        onChange={(empty) => {
          onAsk({ empty });
        }}
      />
      <Select
        label={text('newImport.preset')}
        description={text('newImport.preset.hint')}
        placeholder={preview.preset ?? text('newImport.byFile')}
        {...clear}
        error={errorAt(errors, 'preset')}
        data={[...PRESETS, { value: 'none', label: text('newImport.preset.none') }]}
        value={asked.preset}
        onChange={(preset) => {
          onAsk({ preset });
        }}
      />
      {preview.sheets.length > 1 && (
        <Select
          label={text('newImport.sheet')}
          description={text('newImport.sheet.hint')}
          allowDeselect={false}
          error={errorAt(errors, 'sheet')}
          data={preview.sheets}
          value={asked.sheet ?? preview.sheet}
          onChange={(sheet) => {
            onAsk({ sheet });
          }}
        />
      )}
      {preview.format === 'csv' && (
        <>
          <Select
            label={text('newImport.delimiter')}
            description={text('newImport.delimiter.hint')}
            placeholder={text('newImport.byFile')}
            {...clear}
            error={errorAt(errors, 'delimiter')}
            data={DELIMITERS.map((value) => ({ value, label: text(`delimiter.${value}`) }))}
            value={asked.delimiter}
            onChange={(delimiter) => {
              onAsk({ delimiter });
            }}
          />
          <Select
            label={text('newImport.encoding')}
            description={text('newImport.encoding.hint')}
            placeholder={preview.encoding ?? text('newImport.byFile')}
            {...clear}
            error={errorAt(errors, 'encoding')}
            data={ENCODINGS}
            value={asked.encoding}
            onChange={(encoding) => {
              onAsk({ encoding });
            }}
          />
        </>
      )}
    </>
  );
}

function OfCustomers({ asked, errors, onAsk }: Props) {
  const text = useTexts();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" mt="sm">
      <TextInput
        label={text('newImport.topic')}
        description={text('newImport.topic.hint')}
        placeholder="Marketing"
        maxLength={200}
        error={errorAt(errors, 'topic')}
        value={asked.topic}
        onChange={(event) => {
          onAsk({ topic: event.currentTarget.value });
        }}
      />
      <Checkbox
        mt="lg"
        label={text('newImport.totals')}
        description={text('newImport.totals.hint')}
        checked={asked.totals}
        onChange={(event) => {
          onAsk({ totals: event.currentTarget.checked });
        }}
      />
    </SimpleGrid>
  );
}
