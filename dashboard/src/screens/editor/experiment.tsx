/** Messages that are compared: their names and weights, and the share that gets nothing. */
import { Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useIntl } from 'react-intl';
import { Panel } from '../../components/panel';
import { useSeparators } from '../../components/separators';
import { useTexts } from '../../texts';
import { MOST_TEXTS, newText, type Form } from './draft';
import { anchor } from './problems';

export function Experiment({ form, onShow }: { form: Form; onShow: (number: number) => void }) {
  const text = useTexts();
  const separators = useSeparators();
  const { texts } = form.values;
  return (
    <Panel title={text('experiment.title')}>
      <Stack>
        <Text size="sm" c="dimmed">
          {text('experiment.what')}
        </Text>
        {texts.length > 1 &&
          texts.map((_, number) => <Variant key={number} form={form} number={number} onShow={onShow} />)}
        <Group>
          <Button
            id={anchor('variants')}
            size="xs"
            variant="default"
            disabled={texts.length >= MOST_TEXTS}
            onClick={() => {
              form.insertListItem('texts', newText(form.values));
              onShow(texts.length);
            }}
          >
            {text(texts.length > 1 ? 'experiment.add' : 'experiment.begin')}
          </Button>
        </Group>
        <NumberInput
          id={anchor('holdoutPercent')}
          label={text('experiment.holdout')}
          description={text('experiment.holdout.what')}
          maw={340}
          min={0}
          max={50}
          {...separators}
          decimalScale={1}
          suffix=" %"
          {...form.getInputProps('holdoutPercent')}
          onChange={(value) => {
            form.setFieldValue('holdoutPercent', Number(value) || 0);
          }}
        />
      </Stack>
    </Panel>
  );
}

function Variant({ form, number, onShow }: { form: Form; number: number; onShow: (number: number) => void }) {
  const text = useTexts();
  const intl = useIntl();
  const { texts, holdoutPercent } = form.values;
  const written = texts[number];
  if (!written) return null;
  const all = texts.reduce((sum, { weight }) => sum + weight, 0);
  const share = all ? (written.weight / all) * (1 - holdoutPercent / 100) : 0;
  return (
    <Group align="flex-end" gap="xs">
      <TextInput
        id={anchor(`texts.${number}.key`)}
        flex="1 1 110px"
        label={text('experiment.key', { number: number + 1 })}
        {...form.getInputProps(`texts.${number}.key`)}
      />
      <NumberInput
        id={anchor(`texts.${number}.weight`)}
        flex="1 1 80px"
        label={text('experiment.weight')}
        min={1}
        max={1_000_000}
        allowDecimal={false}
        {...form.getInputProps(`texts.${number}.weight`)}
        onChange={(value) => {
          form.setFieldValue(`texts.${number}.weight`, Number(value) || 0);
        }}
      />
      <Text size="sm" c="dimmed" w={56} ta="right" pb={8} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {intl.formatNumber(share, { style: 'percent', maximumFractionDigits: 1 })}
      </Text>
      <Button
        size="xs"
        mb={3}
        variant="default"
        aria-label={text('experiment.remove', { key: written.key })}
        onClick={() => {
          form.removeListItem('texts', number);
          onShow(0);
        }}
      >
        <span aria-hidden>×</span>
      </Button>
    </Group>
  );
}
