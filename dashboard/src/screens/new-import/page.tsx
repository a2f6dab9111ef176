/** A file on its way in: what it is of, how it is read, what is wrong with it, and only then the import. */
import { Alert, Badge, Group, Radio, Skeleton, Stack, Text } from '@mantine/core';
import { useBlocker, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { newKey, useUpload } from '../../api/upload';
import { useBytes } from '../../components/bytes';
import { Errors } from '../../components/errors';
import { FileDrop } from '../../components/file-drop';
import { useMay } from '../../components/permissions';
import { Screen } from '../../components/screen';
import type { IngestionKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { doorOf, formOf, NOTHING_ASKED, type Asked } from './asked';
import { Columns } from './columns';
import { KINDS } from './kinds';
import { Mappings } from './mappings';
import { Options, SHOWN_PATHS } from './options';
import { usePreview, type Preview } from './preview';
import { RowProblems, Verdict } from './problems';
import { Records } from './records';
import { Checked, Start, type Ingested } from './start';

export default function Page() {
  const text = useTexts();
  const { kind = 'CUSTOMERS' } = useSearch({ from: '/imports/new' });
  const [file, choose] = useState<File | null>(null);
  const mayImport = useMay('INGESTIONS_WRITE');
  if (!mayImport)
    return (
      <Screen title={text('newImport.title')}>
        <Text>{text('newImport.forbidden')}</Text>
      </Screen>
    );
  return (
    <Screen title={text('newImport.title')}>
      <Kinds kind={kind} />
      <FileDrop
        title={file ? file.name : text('newImport.drop')}
        hint={file ? undefined : text('newImport.drop.hint')}
        button={text(file ? 'newImport.another' : 'newImport.choose')}
        onFiles={([chosen]) => {
          if (chosen) choose(chosen);
        }}
      />
      {file && <Prepared key={`${kind} ${file.name} ${file.lastModified}`} kind={kind} file={file} />}
    </Screen>
  );
}

function Kinds({ kind }: { kind: IngestionKind }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/imports/new' });
  return (
    <Radio.Group
      label={text('newImport.kind')}
      value={kind}
      onChange={(value) => {
        void navigate({ search: { kind: value }, replace: true });
      }}
    >
      <Group mt="xs">
        {KINDS.map((one) => (
          <Radio key={one} value={one} label={text(`kind.${one}`)} description={text(`kind.${one}.hint`)} />
        ))}
      </Group>
    </Radio.Group>
  );
}

function Prepared({ kind, file }: { kind: IngestionKind; file: File }) {
  const [asked, setAsked] = useState(NOTHING_ASKED);
  const { preview, errors, isCurrent } = usePreview(kind, file, asked);
  const { share, errors: refused, checked, begin, stop } = useBeginning(kind, file, asked);
  const ask = (change: Partial<Asked>) => {
    setAsked((before) => ({ ...before, ...change }));
  };
  if (preview === null) return errors.length ? <Errors errors={errors} /> : <Waiting />;
  const isReady = isCurrent && errors.length === 0 && preview.refusal === null && !preview.questions.length;
  return (
    <Stack aria-busy={!isCurrent}>
      <About file={file} preview={preview} />
      <Errors errors={errors} except={SHOWN_PATHS} />
      <Verdict preview={preview} />
      <Mappings kind={kind} asked={asked} columns={preview.columns} onAsk={ask} />
      <Options kind={kind} asked={asked} preview={preview} errors={errors} onAsk={ask} />
      <Columns
        kind={kind}
        columns={preview.columns}
        missing={preview.missingFields}
        onChoose={(column, field) => {
          ask({ columns: { ...asked.columns, [column]: field } });
        }}
      />
      <RowProblems preview={preview} />
      <Records records={preview.records} />
      {checked && <Checked found={checked} />}
      <Errors errors={refused} />
      <Start
        isReady={isReady}
        share={share}
        onStop={stop}
        onCheck={() => void begin(true)}
        onStart={() => void begin(false)}
      />
    </Stack>
  );
}

/** Sends the file. What was checked counts until something else is asked. */
function useBeginning(kind: IngestionKind, file: File, asked: Asked) {
  const text = useTexts();
  const navigate = useNavigate();
  const { share, errors, upload, stop } = useUpload();
  const [checked, setChecked] = useState<{ asked: Asked; found: Ingested } | null>(null);
  const key = useRef({ asked, text: newKey() });
  const isSending = useRef(false);
  useBlocker({
    shouldBlockFn: () => isSending.current && !window.confirm(text('newImport.leave')),
    enableBeforeUnload: () => isSending.current,
  });

  const begin = async (isDryRun: boolean) => {
    // Tried again it goes on where it broke off; asked otherwise it is another import.
    if (key.current.asked !== asked) key.current = { asked, text: newKey() };
    isSending.current = true;
    const form = formOf(file, asked, isDryRun);
    const found = await upload<Ingested>(doorOf(kind), form, isDryRun ? undefined : key.current.text);
    isSending.current = false;
    if (found && isDryRun) setChecked({ asked, found });
    else if (found) await navigate({ to: '/imports/$id', params: { id: found.id } });
  };
  return { share, errors, checked: checked?.asked === asked ? checked.found : null, begin, stop };
}

function Waiting() {
  return (
    <Stack aria-busy>
      <Skeleton height={32} width={320} />
      <Skeleton height={64} />
      <Skeleton height={320} />
    </Stack>
  );
}

function About({ file, preview }: { file: File; preview: Preview }) {
  const text = useTexts();
  const bytes = useBytes();
  const { format, encoding, delimiter, preset, sheet } = preview;
  const sign =
    delimiter && ({ ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe' } as const)[delimiter];
  return (
    <Group gap="xs" role="status">
      <Badge variant="light" tt="none">
        {format.toUpperCase()}
      </Badge>
      <Text size="sm">{bytes(file.size)}</Text>
      {encoding && <Text size="sm">{encoding}</Text>}
      {delimiter && <Text size="sm">{sign ? text(`delimiter.${sign}`) : delimiter}</Text>}
      {sheet && <Text size="sm">{sheet}</Text>}
      {preset && (
        <Alert p={6} color="green">
          {text('newImport.known', { preset })}
        </Alert>
      )}
    </Group>
  );
}
