/** What the campaign itself brought, against those who were held out: an estimate, its interval, and what it says. */
import { Alert, Skeleton, Stack, Text } from '@mantine/core';
import { useIntl } from 'react-intl';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';
import classes from './effect.module.css';
import type { Campaign, Progress } from './live';

type Results = NonNullable<Progress['results']>;
type Estimate = NonNullable<Results['lift']>;

export function Effect({
  campaign,
  results,
}: {
  campaign: Campaign;
  results: Progress['results'] | undefined;
}) {
  const text = useTexts();
  const intl = useIntl();
  const { heldOut } = campaign.stats;
  return (
    <Panel title={text('effect.title')}>
      <Stack gap="md">
        <Text size="sm">
          {text('effect.holdout', {
            count: heldOut,
            share: intl.formatNumber(campaign.holdout, { style: 'percent', maximumFractionDigits: 1 }),
          })}
        </Text>
        {!results && <Skeleton height={120} />}
        {results && (
          <>
            {results.splitIsFair ? (
              <Text size="sm" c="dimmed">
                {text('effect.fair')}
              </Text>
            ) : (
              <Alert color="orange" title={text('effect.unfair.title')}>
                {text('effect.unfair')}
              </Alert>
            )}
            <Lift title="effect.orders" estimate={results.lift} />
            <Lift title="effect.revenue" estimate={results.revenueLift} />
          </>
        )}
      </Stack>
    </Panel>
  );
}

function Lift({ title, estimate }: { title: TextId; estimate: Estimate | null | undefined }) {
  const text = useTexts();
  const intl = useIntl();
  if (!estimate)
    return (
      <div>
        <Text fw={600}>{text(title)}</Text>
        <Text size="sm" c="dimmed">
          {text('effect.open')}
        </Text>
      </div>
    );
  const share = (value: number) =>
    intl.formatNumber(value, { style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' });
  const { value, low, high } = estimate;
  const verdict: TextId = low > 0 ? 'effect.more' : high < 0 ? 'effect.less' : 'effect.chance';
  return (
    <div>
      <Text fw={600}>
        {text(title)}: {share(value)}
      </Text>
      <Interval {...estimate} />
      <Text size="sm">
        {text('effect.interval', { low: share(low), high: share(high) })} {text(verdict)}
      </Text>
    </div>
  );
}

/** The interval over its axis, on which zero always stands. The words below say the same. */
function Interval({ value, low, high }: Estimate) {
  const from = Math.min(low, 0);
  const until = Math.max(high, 0);
  const room = (until - from || 1) * 0.06;
  const place = (at: number) => (100 * (at - from + room)) / (until - from + 2 * room);
  return (
    <svg className={classes['axis']} aria-hidden>
      <line className={classes['base']} x1="0" x2="100%" y1="14" y2="14" />
      <line
        className={classes['interval']}
        x1={`${place(low)}%`}
        x2={`${place(high)}%`}
        y1="14"
        y2="14"
        data-is-sure={low > 0 || high < 0}
      />
      <line className={classes['zero']} x1={`${place(0)}%`} x2={`${place(0)}%`} y1="2" y2="26" />
      <circle className={classes['value']} cx={`${place(value)}%`} cy="14" r="6" />
      <text className={classes['label']} x={`${place(0)}%`} y="40" textAnchor="middle">
        0
      </text>
    </svg>
  );
}
