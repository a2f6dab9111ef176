/** What is to be in a new export: of what, of whom, of when, in which form. */
import '@mantine/dates/styles.css';
import 'dayjs/locale/nb';
import { Button, Group, Modal, Radio, Select, Stack } from '@mantine/core';
import { DatePickerInput, DatesProvider } from '@mantine/dates';
import { useState } from 'react';
import { useQuery } from 'urql';
import { errorAt, useChange } from '../../api/change';
import { newKey } from '../../api/upload';
import { Errors } from '../../components/errors';
import type { ExportFormat, ExportSubject } from '../../gql/graphql';
import { useLanguage, useTexts } from '../../texts';
import { EXPORT_CREATE, EXPORT_SOURCES } from './queries';

const SUBJECTS: readonly ExportSubject[] = ['CUSTOMERS', 'ORDERS', 'DELIVERIES'];
const FORMATS: readonly ExportFormat[] = ['CSV', 'NDJSON'];
const SHOWN = ['customers.audienceId', 'campaignId', 'from', 'until'];

type Range = [string | null, string | null];

export function NewExport({
  isOpen,
  onClose,
  onMade,
}: {
  isOpen: boolean;
  onClose: () => void;
  onMade: () => void;
}) {
  const text = useTexts();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={text('exports.new')}
      size="lg"
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Form onClose={onClose} onMade={onMade} />
    </Modal>
  );
}

function Form({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const text = useTexts();
  const [subject, setSubject] = useState<ExportSubject>('CUSTOMERS');
  const [format, setFormat] = useState<ExportFormat>('CSV');
  const [audienceId, setAudience] = useState<string | null>(null);
  const [campaignId, setCampaign] = useState<string | null>(null);
  const [range, setRange] = useState<Range>([null, null]);
  // Clicked twice it is one export.
  const [idempotencyKey] = useState(newKey);
  const { isBusy, errors, change } = useChange();

  const make = async () => {
    const [from, until] = range;
    const input = {
      subject,
      format,
      idempotencyKey,
      customers: audienceId ? { audienceId } : null,
      campaignId,
      from: from && startOf(from, 0),
      until: (until ?? from) && startOf(until ?? from ?? '', 1),
    };
    if (await change(EXPORT_CREATE, { input })) onMade();
  };
  return (
    <Stack>
      <Radio.Group
        label={text('exports.subject')}
        value={subject}
        onChange={(value) => {
          setSubject(value);
        }}
      >
        <Stack gap="xs" mt="xs">
          {SUBJECTS.map((one) => (
            <Radio
              key={one}
              value={one}
              label={text(`exports.subject.${one}`)}
              description={text(`exports.subject.${one}.hint`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Whose
        audienceId={audienceId}
        campaignId={campaignId}
        errorOf={(path) => errorAt(errors, path)}
        onChoose={(audience, campaign) => {
          setAudience(audience);
          setCampaign(campaign);
        }}
      />
      <When
        label={text(`exports.when.${subject}`)}
        error={errorAt(errors, 'from') ?? errorAt(errors, 'until')}
        range={range}
        onChoose={setRange}
      />
      <Radio.Group
        label={text('exports.format')}
        value={format}
        onChange={(value) => {
          setFormat(value);
        }}
      >
        <Group mt="xs">
          {FORMATS.map((one) => (
            <Radio key={one} value={one} label={text(`exports.format.${one}`)} />
          ))}
        </Group>
      </Radio.Group>
      <Errors errors={errors} except={SHOWN} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text('confirm.no')}
        </Button>
        <Button loading={isBusy} onClick={() => void make()}>
          {text('exports.make')}
        </Button>
      </Group>
    </Stack>
  );
}

function Whose({
  audienceId,
  campaignId,
  errorOf,
  onChoose,
}: {
  audienceId: string | null;
  campaignId: string | null;
  errorOf: (path: string) => string | undefined;
  onChoose: (audienceId: string | null, campaignId: string | null) => void;
}) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: EXPORT_SOURCES });
  const all = { placeholder: text('exports.everybody'), clearable: true, searchable: true };
  const clear = { 'aria-label': text('exports.everybody') };
  return (
    <Group grow align="flex-start">
      <Select
        label={text('exports.audience')}
        {...all}
        clearButtonProps={clear}
        error={errorOf('customers.audienceId')}
        data={choices(data?.audiences?.nodes)}
        value={audienceId}
        onChange={(value) => {
          onChoose(value, null);
        }}
      />
      <Select
        label={text('exports.campaign')}
        {...all}
        clearButtonProps={clear}
        error={errorOf('campaignId')}
        data={choices(data?.campaigns?.nodes)}
        value={campaignId}
        onChange={(value) => {
          onChoose(null, value);
        }}
      />
    </Group>
  );
}

function When({
  label,
  error,
  range,
  onChoose,
}: {
  label: string;
  error: string | undefined;
  range: Range;
  onChoose: (range: Range) => void;
}) {
  const text = useTexts();
  const { language } = useLanguage();
  return (
    <DatesProvider settings={{ locale: language }}>
      <DatePickerInput
        type="range"
        label={label}
        placeholder={text('exports.always')}
        clearable
        clearButtonProps={{ 'aria-label': text('exports.always') }}
        allowSingleDateInRange
        valueFormat="LL"
        error={error}
        value={range}
        onChange={onChoose}
        nextLabel={text('exports.nextMonth')}
        previousLabel={text('exports.previousMonth')}
      />
    </DatesProvider>
  );
}

function choices(nodes: readonly { id: string; name: string }[] | undefined) {
  return (nodes ?? []).map(({ id, name }) => ({ value: id, label: name }));
}

/** The moment at which a day of the calendar begins where the reader is, or some days after it. */
function startOf(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
