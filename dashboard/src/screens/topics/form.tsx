/** Making a topic, or giving one another name: how people come to it is for good. */
import { Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { errorAt, useChange } from '../../api/change';
import { Dialog, DialogForm } from '../../components/dialog';
import { useTexts } from '../../texts';
import type { Topic } from './page';
import { CREATE, UPDATE } from './queries';

const FIELDS = ['name', 'description'];

interface Asked {
  topic?: Topic;
  onClose: () => void;
  onSaved: () => void;
}

export function TopicDialog({ isOpen, ...asked }: Asked & { isOpen: boolean }) {
  const text = useTexts();
  return (
    <Dialog
      title={text(asked.topic ? 'topics.edit' : 'topics.create')}
      isOpen={isOpen}
      onClose={asked.onClose}
    >
      <TopicForm {...asked} />
    </Dialog>
  );
}

function TopicForm({ topic, onClose, onSaved }: Asked) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm({
    initialValues: { name: topic?.name ?? '', description: topic?.description ?? '', way: 'in' },
  });
  const submit = form.onSubmit(async ({ name, description, way }) => {
    const input = { name, description: description.trim() || null };
    const done = topic
      ? await change(UPDATE, { input: { id: topic.id, ...input } })
      : await change(CREATE, { input: { ...input, isOptOut: way === 'out' } });
    if (!done) return;
    onClose();
    onSaved();
  });
  return (
    <DialogForm
      submit={text('dialog.save')}
      isBusy={isBusy}
      errors={errors}
      except={FIELDS}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        required
        maxLength={200}
        label={text('topics.name')}
        {...form.getInputProps('name')}
        error={errorAt(errors, 'name')}
      />
      <Textarea
        autosize
        minRows={2}
        maxLength={500}
        label={text('topics.description')}
        description={text('topics.description.hint')}
        {...form.getInputProps('description')}
        error={errorAt(errors, 'description')}
      />
      {!topic && (
        <Radio.Group label={text('topics.way')} {...form.getInputProps('way')}>
          <Stack gap="xs" mt={6}>
            <Radio value="in" label={text('topics.optIn')} description={text('topics.optIn.hint')} />
            <Radio value="out" label={text('topics.optOut')} description={text('topics.optOut.hint')} />
          </Stack>
        </Radio.Group>
      )}
    </DialogForm>
  );
}
