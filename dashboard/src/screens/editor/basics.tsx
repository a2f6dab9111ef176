/** What the campaign is called, who gets it, by which channel, about what. */
import { Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from 'urql';
import { AudienceChoice } from '../../components/choices';
import { Panel } from '../../components/panel';
import type { Channel } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { CHANNELS } from '../campaigns/channels';
import { AudienceFromWords } from './audience-from-words';
import type { Form } from './draft';
import { anchor } from './problems';
import { AUDIENCE, CHOICES } from './queries';

export function Basics({ form }: { form: Form }) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: CHOICES, requestPolicy: 'cache-first' });
  const { audienceId } = form.values;
  const choose = (id: string | null) => {
    form.setFieldValue('audienceId', id);
  };
  return (
    <Panel title={text('editor.basics')}>
      <Stack>
        <TextInput
          id={anchor('name')}
          label={text('campaigns.name')}
          required
          withAsterisk={false}
          {...form.getInputProps('name')}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <div>
            <AudienceChoice
              id={anchor('audienceId')}
              label={text('editor.audience')}
              placeholder={text('editor.audience.choose')}
              clearable={false}
              allowDeselect={false}
              value={audienceId}
              error={form.errors['audienceId']}
              onChange={choose}
            />
            {audienceId && <Size id={audienceId} />}
            <AudienceFromWords onMade={choose} />
          </div>
          <Select
            id={anchor('channel')}
            label={text('campaigns.channel')}
            allowDeselect={false}
            data={CHANNELS.map((value) => ({ value, label: text(`channel.${value}`) }))}
            value={form.values.channel}
            error={form.errors['channel']}
            onChange={(value) => {
              form.setFieldValue('channel', value as Channel);
            }}
          />
        </SimpleGrid>
        <Select
          id={anchor('topicId')}
          label={text('editor.topic')}
          description={text('editor.topic.what')}
          placeholder={text('editor.topic.none')}
          clearable
          clearButtonProps={{ 'aria-label': text('editor.topic.none') }}
          data={(data?.topics ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          {...form.getInputProps('topicId')}
        />
      </Stack>
    </Panel>
  );
}

function Size({ id }: { id: string }) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: AUDIENCE, variables: { id } });
  const audience = data?.audience?.id === id ? data.audience : undefined;
  return (
    <Text size="xs" c="dimmed" mt={4} mih={19} role="status">
      {audience && (
        <>
          {typeof audience.size === 'number' && `${text('editor.people', { count: audience.size })} `}
          {audience.ruleText}
        </>
      )}
    </Text>
  );
}
