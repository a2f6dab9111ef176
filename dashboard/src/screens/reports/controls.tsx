/** What is chosen of a report: figures, rows and the time; the address keeps it. */
import { Card, Checkbox, Group, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useTexts } from '../../texts';
import {
  areSame,
  dimensionsOf,
  OFFERS,
  PERIODS,
  searchOf,
  TOPICS,
  type Choice,
  type Search,
} from './choices';

export function Controls({ choice, canCompare }: { choice: Choice; canCompare: boolean }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/reports' });
  const { metrics, by, period } = choice;
  const topic = TOPICS.find((one) => areSame(metrics, OFFERS[one].metrics));
  const go = (change: Partial<Record<keyof Search, unknown>>) => {
    void navigate({ search: (asked) => searchOf({ ...asked, ...change }), replace: true });
  };
  return (
    <Card withBorder p="md">
      <Group align="flex-end" gap="md">
        <SegmentedControl
          aria-label={text('reports.topic')}
          data={TOPICS.map((value) => ({ value, label: text(`topic.${value}`) }))}
          // Of a saved report with figures of its own none is chosen.
          value={topic ?? ''}
          onChange={(value) => {
            go({ topic: value, by });
          }}
        />
        <Select
          label={text('reports.by')}
          w={140}
          allowDeselect={false}
          data={dimensionsOf(metrics).map((value) => ({ value, label: text(`reports.by.${value}`) }))}
          value={by}
          onChange={(value) => {
            go({ by: value });
          }}
        />
        <Select
          label={text('reports.period')}
          w={170}
          allowDeselect={false}
          data={PERIODS.map((value) => ({ value, label: text(`reports.period.${value}`) }))}
          value={period}
          onChange={(value) => {
            go({ period: value });
          }}
        />
        {period === 'own' &&
          (['from', 'until'] as const).map((end) => (
            <TextInput
              key={end}
              type="date"
              w={150}
              label={text(`reports.${end}`)}
              value={choice[end] ?? ''}
              onChange={(event) => {
                go({ [end]: event.currentTarget.value });
              }}
            />
          ))}
        <Checkbox
          mb={8}
          label={text('reports.compare')}
          disabled={!canCompare}
          checked={choice.compare && canCompare}
          onChange={(event) => {
            go({ compare: event.currentTarget.checked });
          }}
        />
      </Group>
    </Card>
  );
}
