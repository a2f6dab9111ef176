/** Messages that are compared, side by side. */
import { Table, Text } from '@mantine/core';
import { memo } from 'react';
import { useIntl } from 'react-intl';
import { useMoney } from '../../components/money';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';
import type { Outcomes } from './live';

type Variant = Outcomes['variants'][number];

interface Line {
  text: TextId;
  /** A count, of which the share of those who got the message is told too. */
  count?: (variant: Variant) => number | undefined;
  value?: (variant: Variant) => string;
}

export const Variants = memo(function Variants({
  variants,
  tracksOpens,
  tracksClicks,
}: {
  variants: readonly Variant[];
  tracksOpens: boolean;
  tracksClicks: boolean;
}) {
  const text = useTexts();
  const intl = useIntl();
  const money = useMoney();
  const lines: Line[] = [
    { text: 'stats.total', value: ({ stats }) => intl.formatNumber(stats.total) },
    { text: 'stats.delivered', value: ({ stats }) => intl.formatNumber(stats.delivered) },
    { text: 'stats.failed', value: ({ stats }) => intl.formatNumber(stats.failed) },
    ...(tracksOpens
      ? [{ text: 'results.opens', count: ({ results }) => results?.opens } satisfies Line]
      : []),
    ...(tracksClicks
      ? [{ text: 'results.clicks', count: ({ results }) => results?.clicks } satisfies Line]
      : []),
    { text: 'results.unsubscribes', count: ({ results }) => results?.unsubscribes },
    { text: 'results.orders', count: ({ results }) => results?.orders },
    { text: 'results.revenue', value: ({ results }) => (results ? money(results.revenue) : '–') },
  ];
  const shown = ({ count, value }: Line, variant: Variant) => {
    if (value) return value(variant);
    const counted = count?.(variant);
    if (counted === undefined) return '–';
    const { delivered } = variant.stats;
    const share = delivered ? intl.formatNumber(counted / delivered, PERCENT) : null;
    return [intl.formatNumber(counted), share].filter(Boolean).join(' · ');
  };
  return (
    <Panel title={text('variants.title')}>
      <Table.ScrollContainer
        minWidth={variants.length * 120 + 120}
        scrollAreaProps={{
          viewportProps: { tabIndex: 0, role: 'group', 'aria-label': text('variants.title') },
        }}
      >
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {variants.map((variant) => (
                <Table.Th key={variant.key} ta="right" scope="col">
                  {variant.key}
                  <Text size="xs" c="dimmed" fw={400} maw={260} ms="auto" truncate>
                    {variant.message.subject ?? variant.message.body}
                  </Text>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map((line) => (
              <Table.Tr key={line.text}>
                <Table.Th scope="row" fw={400}>
                  {text(line.text)}
                </Table.Th>
                {variants.map((variant) => (
                  <Table.Td key={variant.key} ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                    {shown(line, variant)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
});

const PERCENT = { style: 'percent', maximumFractionDigits: 1 } as const;
