/** The message: what the channel has of it, one text or those that are compared. */
import { Button, Group, SegmentedControl, SimpleGrid, Stack, Switch, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';
import type { Form } from './draft';
import { LiquidField, type Problems } from './liquid-field';
import { PictureButton } from './pictures';
import { anchor } from './problems';
import { Proposals } from './proposals';
import { Whatsapp } from './whatsapp';

export interface Writing {
  form: Form;
  /** Which of the texts is seen. */
  shown: number;
  /** What the server says of it as it stands. */
  problems: Problems;
}

export function Message({ onShow, ...writing }: Writing & { onShow: (number: number) => void }) {
  const text = useTexts();
  const { form, shown } = writing;
  const { texts, channel } = form.values;
  const [isAsking, { open, close }] = useDisclosure();
  const mayAsk = useMay('ASSISTANT_USE');
  return (
    <Panel
      title={text('editor.message')}
      aside={
        mayAsk && (
          <Button size="xs" variant="light" onClick={open}>
            {text('proposals.open')}
          </Button>
        )
      }
    >
      <Stack>
        {texts.length > 1 && (
          <SegmentedControl
            aria-label={text('editor.variants')}
            fullWidth
            data={texts.map(({ key }, number) => ({ value: String(number), label: key || '–' }))}
            value={String(shown)}
            onChange={(value) => {
              onShow(Number(value));
            }}
          />
        )}
        {channel === 'EMAIL' && <Email {...writing} />}
        {channel === 'SMS' && <Body {...writing} label="editor.body.sms" lines={5} />}
        {channel === 'WHATSAPP' && <Whatsapp {...writing} />}
      </Stack>
      <Proposals isOpen={isAsking} onClose={close} form={form} shown={shown} />
    </Panel>
  );
}

type Part = 'subject' | 'preheader' | 'html' | 'body';

export function useLiquid({ form, shown, problems }: Writing, part: Part) {
  const path = `texts.${shown}.${part}` as const;
  const here = (error: { path: readonly string[] }) => error.path.join('.') === `message.${part}`;
  return {
    field: path,
    value: form.values.texts[shown]?.[part] ?? '',
    saved: form.errors[path],
    error: problems.errors.find(here),
    warning: problems.warnings.find(here),
    onChange: (value: string) => {
      form.setFieldValue(path, value);
    },
  };
}

export function Body({ label, lines, ...writing }: Writing & { label: TextId; lines: number }) {
  const text = useTexts();
  return <LiquidField {...useLiquid(writing, 'body')} label={text(label)} lines={lines} />;
}

function Email(writing: Writing) {
  const text = useTexts();
  const { form, shown } = writing;
  const subject = useLiquid(writing, 'subject');
  const preheader = useLiquid(writing, 'preheader');
  const html = useLiquid(writing, 'html');
  const path = `texts.${shown}` as const;
  return (
    <>
      <LiquidField {...subject} label={text('editor.subject')} lines={1} />
      <LiquidField
        {...preheader}
        label={text('editor.preheader')}
        description={text('editor.preheader.what')}
        lines={1}
      />
      <LiquidField {...html} label={text('editor.html')} lines={9} isCode more={PictureButton} />
      <Switch
        label={text('editor.inline')}
        description={text('editor.inline.what')}
        disabled={!html.value}
        {...form.getInputProps(`${path}.inlineCss`, { type: 'checkbox' })}
      />
      <PlainText {...writing} />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          id={anchor(`${path}.fromName`)}
          label={text('editor.from')}
          placeholder={text('editor.from.default')}
          {...form.getInputProps(`${path}.fromName`)}
        />
        <TextInput
          id={anchor(`${path}.replyTo`)}
          label={text('editor.replyTo')}
          placeholder={text('editor.replyTo.default')}
          inputMode="email"
          {...form.getInputProps(`${path}.replyTo`)}
        />
      </SimpleGrid>
    </>
  );
}

/** Beside HTML it may be left to the server, which makes it from that. */
function PlainText(writing: Writing) {
  const text = useTexts();
  const body = useLiquid(writing, 'body');
  const hasHtml = Boolean(writing.form.values.texts[writing.shown]?.html);
  return (
    <div>
      <LiquidField
        {...body}
        label={text('editor.body')}
        lines={hasHtml ? 4 : 8}
        {...(hasHtml && { description: text('editor.body.made') })}
      />
      {hasHtml && body.value && (
        <Group mt={4}>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              body.onChange('');
            }}
          >
            {text('editor.body.again')}
          </Button>
        </Group>
      )}
    </div>
  );
}
