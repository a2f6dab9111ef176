/** What stands where a screen could not be drawn: its script could not be fetched, or it failed. */
import { Alert, Button, Stack, Text } from '@mantine/core';
import { Screen } from '../components/screen';
import { useTexts } from '../texts';

export function Broken() {
  const text = useTexts();
  return (
    <Screen title={text('broken.title')}>
      <Alert color="red" role="alert">
        <Stack align="flex-start">
          <Text>{text('broken.text')}</Text>
          <Button
            variant="default"
            onClick={() => {
              window.location.reload();
            }}
          >
            {text('broken.reload')}
          </Button>
        </Stack>
      </Alert>
    </Screen>
  );
}
