/** The way to the first campaign, until it is gone: what is done is ticked, the next step is a button. */
import { Group, List, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { ButtonLink } from '../../components/link';
import { Panel } from '../../components/panel';
import type { TextId } from '../../texts/en';
import { useTexts } from '../../texts';
import { BEGUN } from './queries';

interface Step {
  id: 'import' | 'audience' | 'campaign';
  isDone: boolean;
  link: (text: string, isNext: boolean) => ReactNode;
}

/** Null until it is known, and for who may not see it all. */
export function useSteps(): readonly Step[] | null {
  const [{ data }] = useQuery({ query: BEGUN });
  const { customers, audiences, campaigns } = data ?? {};
  if (!customers || !audiences || !campaigns) return null;
  const looks = (isNext: boolean) => ({ size: 'xs', variant: isNext ? 'filled' : 'default' });
  return [
    {
      id: 'import',
      isDone: customers.nodes.length > 0,
      link: (text, isNext) => (
        <ButtonLink to="/imports/new" {...looks(isNext)}>
          {text}
        </ButtonLink>
      ),
    },
    {
      id: 'audience',
      isDone: audiences.nodes.length > 0,
      link: (text, isNext) => (
        <ButtonLink to="/audiences/new" {...looks(isNext)}>
          {text}
        </ButtonLink>
      ),
    },
    {
      id: 'campaign',
      isDone: campaigns.nodes.length > 0,
      link: (text, isNext) => (
        <ButtonLink to="/campaigns" {...looks(isNext)}>
          {text}
        </ButtonLink>
      ),
    },
  ];
}

export function FirstSteps({ steps }: { steps: readonly Step[] }) {
  const text = useTexts();
  const next = steps.find(({ isDone }) => !isDone);
  return (
    <Panel title={text('home.steps')}>
      <List
        listStyleType="none"
        spacing="md"
        withPadding={false}
        styles={{ itemWrapper: { display: 'block' }, itemLabel: { display: 'block' } }}
      >
        {steps.map((step, index) => (
          <List.Item key={step.id}>
            <Group justify="space-between">
              <Group wrap="nowrap" maw={640}>
                <ThemeIcon radius="xl" variant={step.isDone ? 'filled' : 'default'} color="teal" aria-hidden>
                  {step.isDone ? <IconCheck size={16} /> : index + 1}
                </ThemeIcon>
                <Stack gap={0}>
                  <Text fw={600}>{text(`home.steps.${step.id}` satisfies TextId)}</Text>
                  <Text size="sm" c="dimmed">
                    {text(step.isDone ? 'home.steps.done' : `home.steps.${step.id}.why`)}
                  </Text>
                </Stack>
              </Group>
              {!step.isDone && step.link(text(`home.steps.${step.id}.link`), step === next)}
            </Group>
          </List.Item>
        ))}
      </List>
    </Panel>
  );
}
