/** Which columns are shown: kept in this browser. */
import { Button, Checkbox, Popover, Stack } from '@mantine/core';
import { useTexts } from '../../texts';
import { COLUMNS, columnsOf, lookOf, USUAL, type ColumnId } from './columns';

export function ColumnChoice({
  shown,
  onChange,
}: {
  shown: readonly ColumnId[];
  onChange: (shown: readonly ColumnId[]) => void;
}) {
  const text = useTexts();
  return (
    <Popover position="bottom-end" withArrow trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default">{text('customers.columns')}</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={text('customers.columns')}>
        <Checkbox.Group
          aria-label={text('customers.columns')}
          value={[...shown]}
          onChange={(next) => {
            onChange(columnsOf(next));
          }}
        >
          <Stack gap="xs">
            {COLUMNS.map((id) => (
              <Checkbox key={id} value={id} label={text(lookOf(id).text)} disabled={id === 'name'} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Button
          variant="subtle"
          size="compact-sm"
          mt="sm"
          onClick={() => {
            onChange(USUAL);
          }}
        >
          {text('customers.columns.usual')}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
