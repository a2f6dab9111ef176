/** Topics: what messages are about, and whether people get them until they say no or only after a yes. */
import { Badge, Button, Card, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useAgain } from '../../api/again';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Empty } from '../../components/empty';
import { Errors } from '../../components/errors';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { useSaid } from '../../components/said';
import type { TopicsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { SettingsScreen } from '../settings/frame';
import { TopicDialog } from './form';
import { DELETE, TOPICS } from './queries';

export type Topic = NonNullable<TopicsQuery['topics']>[number];

export default function Page() {
  const text = useTexts();
  const refetch = useAgain();
  const { said, say } = useSaid();
  const mayWrite = useMay('CONSENTS_WRITE');
  const [isOpen, setOpen] = useState(false);
  const [{ data, error }, again] = useQuery({ query: TOPICS });
  const topics = data?.topics;
  const create = (
    <Button
      onClick={() => {
        setOpen(true);
      }}
    >
      {text('topics.create')}
    </Button>
  );
  const changed = async (sentence: string) => {
    await refetch(TOPICS, {});
    say(sentence);
  };
  return (
    <SettingsScreen title={text('topics.title')} aside={mayWrite && create}>
      <Text size="sm" c="dimmed" maw={640}>
        {text('topics.text')}
      </Text>
      {error && !topics ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p="md" aria-busy={topics === undefined}>
          {topics?.length === 0 && <Empty>{text('topics.empty')}</Empty>}
          <Stack gap="lg">
            {topics
              ? topics.map((topic) => (
                  <Row key={topic.id} topic={topic} mayWrite={mayWrite} onChanged={changed} />
                ))
              : Array.from({ length: 4 }, (_, row) => <Skeleton key={row} height={48} />)}
          </Stack>
        </Card>
      )}
      {said}
      <TopicDialog
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
        }}
        onSaved={() => void changed(text('topics.saved'))}
      />
    </SettingsScreen>
  );
}

function Row({
  topic,
  mayWrite,
  onChanged,
}: {
  topic: Topic;
  mayWrite: boolean;
  onChanged: (sentence: string) => Promise<void>;
}) {
  const text = useTexts();
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <div style={{ flex: '1 1 240px', overflowWrap: 'anywhere' }}>
        <Group gap="xs">
          <Text fw={600}>{topic.name}</Text>
          <Badge variant="default" tt="none">
            {text(topic.isOptOut ? 'topics.optOut' : 'topics.optIn')}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed">
          {topic.description ?? '–'}
        </Text>
      </div>
      {mayWrite && <Actions topic={topic} onChanged={onChanged} />}
    </Group>
  );
}

function Actions({ topic, onChanged }: { topic: Topic; onChanged: (sentence: string) => Promise<void> }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [isOpen, setOpen] = useState(false);
  const remove = async () => {
    if (await change(DELETE, { id: topic.id })) await onChanged(text('topics.deleted', { name: topic.name }));
  };
  return (
    <Stack gap="xs">
      <Group gap="xs" justify="flex-end">
        <Button
          size="xs"
          variant="default"
          aria-label={`${text('topics.edit')}: ${topic.name}`}
          onClick={() => {
            setOpen(true);
          }}
        >
          {text('topics.edit')}
        </Button>
        <ConfirmedButton
          label={text('topics.delete')}
          subject={topic.name}
          size="xs"
          question={text('topics.delete.sure', { name: topic.name })}
          color="red"
          isBusy={isBusy}
          onConfirm={() => void remove()}
        />
      </Group>
      <Errors errors={errors} />
      <TopicDialog
        topic={topic}
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
        }}
        onSaved={() => void onChanged(text('topics.saved'))}
      />
    </Stack>
  );
}
