/** What became of the rows, in figures. */
import { SimpleGrid } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { Figure } from '../../components/figure';
import { useTexts } from '../../texts';
import type { Import } from './live';

const FIGURES = ['received', 'created', 'updated', 'unchanged', 'rejected', 'incomplete'] as const;

export function Figures({ row }: { row: Import }) {
  const text = useTexts();
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, md: row.failed ? 7 : 6 }} spacing="xs">
      {FIGURES.map((name) => (
        <Figure key={name} label={text(`import.${name}`)}>
          <FormattedNumber value={row[name]} />
        </Figure>
      ))}
      {row.failed > 0 && (
        <Figure label={text('import.failed')}>
          <FormattedNumber value={row.failed} />
        </Figure>
      )}
    </SimpleGrid>
  );
}
