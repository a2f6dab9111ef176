/** Messages that the assistant proposes from plain words; one is taken by a click, nothing is saved by it. */
import { Alert, Button, Group, Modal, Paper, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import type { SuggestMessagesMutation } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Form } from './draft';
import { SUGGEST } from './queries';

type Suggestion = SuggestMessagesMutation['messagesSuggest']['suggestions'][number];

const FIELDS = ['objective', 'tone'];

export function Proposals({
  isOpen,
  onClose,
  form,
  shown,
}: {
  isOpen: boolean;
  onClose: () => void;
  form: Form;
  shown: number;
}) {
  const text = useTexts();
  const [objective, setObjective] = useState('');
  const [tone, setTone] = useState('');
  const [found, setFound] = useState<readonly Suggestion[]>([]);
  const { isBusy, errors, change } = useChange();
  const { channel, audienceId, texts } = form.values;
  const ask = async () => {
    const input = { objective, channel, audienceId, tone: tone || null };
    setFound((await change(SUGGEST, { input }))?.messagesSuggest.suggestions ?? []);
  };
  const take = ({ subject, body }: Suggestion) => {
    const path = `texts.${shown}` as const;
    form.setFieldValue(`${path}.body`, body);
    if (channel === 'EMAIL') {
      form.setFieldValue(`${path}.subject`, subject ?? '');
      form.setFieldValue(`${path}.html`, '');
    }
    if (channel === 'WHATSAPP') form.setFieldValue(`${path}.template`, null);
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={text('proposals.title')}
      size="lg"
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <Stack>
          <Textarea
            data-autofocus
            label={text('proposals.objective')}
            placeholder={text('proposals.objective.example')}
            autosize
            minRows={2}
            value={objective}
            error={errorAt(errors, 'objective')}
            onChange={(event) => {
              setObjective(event.currentTarget.value);
            }}
          />
          <TextInput
            label={text('proposals.tone')}
            placeholder={text('proposals.tone.example')}
            value={tone}
            error={errorAt(errors, 'tone')}
            onChange={(event) => {
              setTone(event.currentTarget.value);
            }}
          />
          <Errors errors={errors} except={FIELDS} />
          <Group justify="flex-end">
            <Button type="submit" loading={isBusy} disabled={!objective.trim()}>
              {text('proposals.ask')}
            </Button>
          </Group>
        </Stack>
      </form>
      <Stack mt="md" role="status">
        {found.length > 0 && channel === 'EMAIL' && texts[shown]?.html && (
          <Alert color="orange">{text('proposals.html')}</Alert>
        )}
        {found.map((one, number) => (
          <Paper key={one.body} withBorder p="sm">
            <Text fw={600} size="sm">
              {one.subject}
            </Text>
            <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {one.body}
            </Text>
            <Group justify="flex-end">
              <Button
                size="xs"
                variant="light"
                aria-label={text('proposals.take.one', { number: number + 1 })}
                onClick={() => {
                  take(one);
                }}
              >
                {text('proposals.take')}
              </Button>
            </Group>
          </Paper>
        ))}
      </Stack>
    </Modal>
  );
}
