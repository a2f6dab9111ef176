/** The message as a customer would get it, while it is written: on a phone, on a desk, as plain text. */
import { Alert, Box, Paper, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { ownAddress } from '../../api/upload';
import { Panel } from '../../components/panel';
import type { Channel, PreviewQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { PersonChoice } from './person';
import type { Previewed } from './previewing';

type Shown = NonNullable<PreviewQuery['messagePreview']>;
type Look = 'phone' | 'desktop' | 'text';

const LOOKS: readonly Look[] = ['phone', 'desktop', 'text'];
const WIDTHS = { phone: 375, desktop: 800 } as const;
const HEIGHT_PX = 400;
// Nothing in the frame runs, and a click in it goes nowhere.
const INERT = '<base target="_blank"><meta name="color-scheme" content="light">';

export function Preview({
  previewed,
  channel,
  audienceId,
}: {
  previewed: Previewed;
  channel: Channel;
  audienceId: string | null;
}) {
  const text = useTexts();
  const [look, setLook] = useState<Look>('phone');
  const { preview, isBusy, isEmpty, person, choosePerson } = previewed;
  return (
    <Panel title={text('preview.title')}>
      <Stack gap="sm" aria-busy={isBusy}>
        <PersonChoice audienceId={audienceId} person={person} onChoose={choosePerson} />
        {preview?.html && (
          <SegmentedControl
            size="xs"
            aria-label={text('preview.look')}
            data={LOOKS.map((value) => ({ value, label: text(`preview.${value}`) }))}
            value={look}
            onChange={(value) => {
              setLook(value);
            }}
          />
        )}
        {isEmpty && <Text c="dimmed">{text('preview.empty')}</Text>}
        {!isEmpty && !preview && <Skeleton height={200} />}
        {!isEmpty && preview && <Message preview={preview} look={look} channel={channel} />}
        <Notes preview={isEmpty ? null : (preview ?? null)} />
      </Stack>
    </Panel>
  );
}

function Message({ preview, look, channel }: { preview: Shown; look: Look; channel: Channel }) {
  const text = useTexts();
  const { subject, preheader, fromName, html, body, parameters } = preview;
  if (preview.errors.length) return <Text c="dimmed">{text('preview.broken')}</Text>;
  return (
    <>
      {channel === 'EMAIL' && (
        <div>
          {fromName && <Text size="sm">{fromName}</Text>}
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {subject}
          </Text>
          {preheader && (
            <Text size="sm" c="dimmed" lineClamp={1}>
              {preheader}
            </Text>
          )}
        </div>
      )}
      {html && look !== 'text' ? (
        <Frame html={withOwnPictures(html, preview.pictures)} width={WIDTHS[look]} />
      ) : (
        body && <Bubble isWide={channel === 'EMAIL'}>{body}</Bubble>
      )}
      {parameters.map(({ name, value }) => (
        <Text key={name} size="sm">
          <Text span c="dimmed">
            {name}:{' '}
          </Text>
          {value}
        </Text>
      ))}
    </>
  );
}

function Bubble({ isWide, children }: { isWide: boolean; children: string }) {
  return (
    <Paper
      withBorder
      p="sm"
      radius={isWide ? 'sm' : 'lg'}
      maw={isWide ? '100%' : 320}
      bg="var(--mantine-color-default-hover)"
    >
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </Paper>
  );
}

/** Published files from this page's own server, by whichever name that knows itself: from others nothing is loaded. */
function withOwnPictures(html: string, pictures: Shown['pictures']): string {
  return pictures
    .filter(({ isPublished }) => isPublished)
    .reduce((shown, { url }) => shown.replaceAll(url, ownAddress(url)), html);
}

/** As wide as the device, made smaller where there is less room. */
function Frame({ html, width }: { html: string; width: number }) {
  const text = useTexts();
  const { ref, width: room } = useElementSize();
  const scale = room ? Math.min(1, room / width) : 1;
  return (
    <Box ref={ref} style={{ overflow: 'hidden', height: HEIGHT_PX }}>
      <iframe
        title={text('preview.title')}
        sandbox=""
        srcDoc={INERT + html}
        style={{
          width,
          height: HEIGHT_PX / scale,
          transform: `scale(${scale})`,
          transformOrigin: '0 0',
          border: '1px solid var(--mantine-color-default-border)',
          borderRadius: 8,
          background: '#fff',
          colorScheme: 'light',
        }}
      />
    </Box>
  );
}

function Notes({ preview }: { preview: Shown | null }) {
  const text = useTexts();
  const { missing = [], pictures = [], segments } = preview ?? {};
  const foreign = pictures.filter(({ isPublished }) => !isPublished).length;
  return (
    <div role="status">
      {typeof segments === 'number' && (
        <Text size="sm" c="dimmed">
          {text('preview.segments', { count: segments })}
        </Text>
      )}
      {foreign > 0 && (
        <Text size="sm" c="dimmed">
          {text('preview.foreign', { count: foreign })}
        </Text>
      )}
      {missing.length > 0 && (
        <Alert color="orange" p="xs" mt="xs">
          {text('preview.missing', { names: missing.join(', ') })}
        </Alert>
      )}
    </div>
  );
}
