/** What happened in each step of time since the launch: with the messages, or with the people. */
import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { SegmentedControl } from '@mantine/core';
import { memo, useMemo, useState } from 'react';
import { useIntl } from 'react-intl';
import { useTexts } from '../../texts';
import type { Outcomes } from './live';
import { merged } from './points';

const SHOWN = {
  messages: [
    { name: 'sent', text: 'stats.sent', color: 'blue.5' },
    { name: 'delivered', text: 'stats.delivered', color: 'teal.6' },
    { name: 'failed', text: 'stats.failed', color: 'red.6' },
  ],
  people: [
    { name: 'opens', text: 'results.opens', color: 'violet.5' },
    { name: 'clicks', text: 'results.clicks', color: 'orange.6' },
  ],
} as const;

type Kind = keyof typeof SHOWN;

export default memo(function Chart({
  points,
  isTracked,
}: {
  points: NonNullable<Outcomes['timeline']>;
  isTracked: boolean;
}) {
  const text = useTexts();
  const intl = useIntl();
  const [kind, setKind] = useState<Kind>('messages');
  const data = useMemo(
    () =>
      merged(points).map((point) => ({
        ...point,
        at: intl.formatTime(point.at, { timeStyle: 'medium' }),
      })),
    [points, intl],
  );
  return (
    <>
      {isTracked && (
        <SegmentedControl
          size="xs"
          mb="xs"
          aria-label={text('campaign.chart')}
          data={(['messages', 'people'] as const).map((value) => ({ value, label: text(`chart.${value}`) }))}
          value={kind}
          onChange={setKind}
        />
      )}
      <div role="img" aria-label={text(`chart.${kind}.label`)}>
        <AreaChart
          h={isTracked ? 236 : 280}
          data={data}
          dataKey="at"
          curveType="linear"
          withLegend
          withDots={false}
          areaChartProps={{ accessibilityLayer: false }}
          areaProps={{ isAnimationActive: false }}
          series={SHOWN[kind].map(({ name, color, text: label }) => ({ name, color, label: text(label) }))}
          valueFormatter={(value) => intl.formatNumber(value)}
        />
      </div>
    </>
  );
});
