/** The launch of a saved draft: now or at a moment by the clocks of a zone, told to how many people. */
import { Alert, Button, Group, Modal, SegmentedControl, Select, Skeleton, Stack, Text } from '@mantine/core';
import { DateInput, DatesProvider, TimeInput } from '@mantine/dates';
import { useNavigate } from '@tanstack/react-router';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { Moment } from '../../components/moment';
import type { Channel, RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Finding } from './checklist';
import { dayFormatOf, dayOf, HERE, momentOf, ZONES } from './moments';
import { AUDIENCE, REACH } from './queries';
import { LAUNCH_NOW, SCHEDULE } from './start-queries';

interface Start {
  id: string;
  audienceId: string;
  channel: Channel;
  findings: readonly Finding[] | null | undefined;
  onClose: () => void;
}

export function Launch({ isOpen, ...start }: Start & { isOpen: boolean }) {
  const text = useTexts();
  return (
    <Modal
      opened={isOpen}
      onClose={start.onClose}
      title={text('launch.title')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Choice {...start} />
    </Modal>
  );
}

function Choice({ id, audienceId, channel, findings, onClose }: Start) {
  const text = useTexts();
  const navigate = useNavigate();
  const { isBusy, errors, change, clear } = useChange();
  const [isLater, setLater] = useState(false);
  const [at, setAt] = useState<string | null>(null);
  const count = useReach(audienceId, channel);
  const isBlocked = findings?.some(({ isBlocking }) => isBlocking) ?? false;
  const go = async () => {
    const done = isLater
      ? at !== null && (await change(SCHEDULE, { id, at }))
      : await change(LAUNCH_NOW, { id });
    if (done) await navigate({ to: '/campaigns/$id', params: { id } });
  };
  return (
    <Stack>
      <People count={count} channel={channel} />
      {isBlocked && <Alert color="red">{text('launch.blocked')}</Alert>}
      <SegmentedControl
        aria-label={text('launch.when')}
        fullWidth
        data={[
          { value: 'now', label: text('launch.now') },
          { value: 'later', label: text('launch.later') },
        ]}
        value={isLater ? 'later' : 'now'}
        onChange={(value) => {
          setLater(value === 'later');
          clear();
        }}
      />
      {isLater && <When onAt={setAt} />}
      <Errors errors={errors} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text('confirm.no')}
        </Button>
        <Button
          loading={isBusy}
          disabled={count === undefined || (isLater && at === null)}
          onClick={() => void go()}
        >
          {isLater
            ? text('launch.schedule')
            : typeof count === 'number'
              ? text('launch.go', { count })
              : text('campaign.launch')}
        </Button>
      </Group>
    </Stack>
  );
}

/** How many the channel reaches; null where counting takes too long, undefined until it is known. */
function useReach(audienceId: string, channel: Channel): number | null | undefined {
  const [{ data: found }] = useQuery({ query: AUDIENCE, variables: { id: audienceId } });
  const rule = found?.audience?.rule;
  const [{ data, error }] = useQuery({
    query: REACH,
    variables: { rule: rule as RuleInput },
    pause: rule === undefined,
    requestPolicy: 'network-only',
  });
  if (error) return null;
  if (!data) return undefined;
  return data.audiencePreview?.reachable.find((one) => one.channel === channel)?.size ?? null;
}

function People({ count, channel }: { count: number | null | undefined; channel: Channel }) {
  const text = useTexts();
  if (count === undefined) return <Skeleton height={25} aria-busy />;
  return (
    <Text>
      {count === null
        ? text('launch.people.unknown')
        : text('launch.people', { count, channel: text(`channel.${channel}`) })}
    </Text>
  );
}

function When({ onAt }: { onAt: (at: string | null) => void }) {
  const text = useTexts();
  const intl = useIntl();
  const [day, setDay] = useState<string | null>(null);
  const format = dayFormatOf(intl);
  const [time, setTime] = useState('09:00');
  const [zone, setZone] = useState(HERE);
  const at = day && time ? momentOf(`${day} ${time}`, zone) : null;
  const tell = (nextDay: string | null, nextTime: string, nextZone: string) => {
    setDay(nextDay);
    setTime(nextTime);
    setZone(nextZone);
    onAt(nextDay && nextTime ? momentOf(`${nextDay} ${nextTime}`, nextZone) : null);
  };
  const isPast = at !== null && dayjs(at).isBefore(dayjs());
  return (
    <DatesProvider
      settings={{ locale: intl.locale.split('-')[0] ?? 'en', firstDayOfWeek: 1, weekendDays: [] }}
    >
      <Group grow align="flex-start">
        <DateInput
          label={text('launch.day')}
          valueFormat={format}
          dateParser={(typed) => dayOf(typed, format)}
          popoverProps={{ attributes: { dropdown: { role: 'dialog', 'aria-label': text('launch.day') } } }}
          nextLabel={text('exports.nextMonth')}
          previousLabel={text('exports.previousMonth')}
          placeholder={text('launch.day.example')}
          minDate={new Date()}
          value={day}
          onChange={(value) => {
            tell(value, time, zone);
          }}
        />
        <TimeInput
          label={text('launch.time')}
          value={time}
          onChange={(event) => {
            tell(day, event.currentTarget.value, zone);
          }}
        />
      </Group>
      <Select
        label={text('launch.zone')}
        searchable
        allowDeselect={false}
        limit={50}
        data={ZONES}
        value={zone}
        onChange={(value) => {
          tell(day, time, value ?? HERE);
        }}
      />
      <Text size="sm" c={isPast ? 'var(--mantine-color-error)' : 'dimmed'} role="status" mih={22}>
        {at !== null && (
          <>
            {text(isPast ? 'launch.past' : 'launch.here')} <Moment at={at} />
          </>
        )}
      </Text>
    </DatesProvider>
  );
}
