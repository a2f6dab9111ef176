/** Why a draft was not saved: somebody was faster, or something is to be mended. */
import { Alert, Button, Group, List, Text, UnstyledButton } from '@mantine/core';
import { useTexts } from '../../texts';
import { fieldAt } from './problems';
import { Sentence, type Saving } from './saving';

export function Refusal({ saving, onGo }: { saving: Saving; onGo: (field: string) => void }) {
  const text = useTexts();
  const { errors, isOutdated, isBusy, save, takeStored } = saving;
  if (errors.length === 0) return null;
  if (isOutdated)
    return (
      <Alert color="orange" role="alert" title={text('editor.conflict')}>
        <Text size="sm">{text('editor.conflict.what')}</Text>
        <Group gap="xs" mt="sm">
          <Button size="xs" variant="default" loading={isBusy} onClick={() => void takeStored()}>
            {text('editor.conflict.take')}
          </Button>
          <Button size="xs" color="red" loading={isBusy} onClick={() => void save(true)}>
            {text('editor.conflict.over')}
          </Button>
        </Group>
      </Alert>
    );
  return (
    <Alert color="red" role="alert" title={text('editor.refused')}>
      <List size="sm">
        {errors.map((error) => (
          <List.Item key={`${error.path.join('.')} ${error.message}`}>
            {error.path.length === 0 ? (
              error.message
            ) : (
              <UnstyledButton
                fz="sm"
                td="underline"
                onClick={() => {
                  onGo(fieldAt(error.path));
                }}
              >
                <Sentence error={error} />
              </UnstyledButton>
            )}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
