/** What became of a link, and the way on. */
import { Alert, Button } from '@mantine/core';
import { useTexts } from '../../texts';

const COLOURS = {
  'setPassword.noCode': 'blue',
  'setPassword.refused': 'red',
  'setPassword.done': 'green',
} as const;

export function Outcome({ of }: { of: keyof typeof COLOURS }) {
  const text = useTexts();
  return (
    <>
      <Alert color={COLOURS[of]} p="xs" role="alert">
        {text(of)}
      </Alert>
      <Button component="a" variant="default" href="/">
        {text('signIn.title')}
      </Button>
    </>
  );
}
