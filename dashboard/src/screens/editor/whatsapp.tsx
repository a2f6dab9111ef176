/** A WhatsApp message: a template that Meta has approved with its values, or free text. */
import { Alert, Paper, Select, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { useTexts } from '../../texts';
import { FileField } from './files';
import { LiquidField } from './liquid-field';
import { Body, type Writing } from './message';
import { anchor } from './problems';
import { TEMPLATES } from './queries';

const idOf = (name: string, language: string) => `${name} ${language}`;

export function Whatsapp(writing: Writing) {
  const text = useTexts();
  const { form, shown, problems } = writing;
  const [{ data, fetching, error }] = useQuery({ query: TEMPLATES });
  const path = `texts.${shown}` as const;
  const written = form.values.texts[shown];
  if (!written) return null;
  const { template, parameters } = written;
  const chosen = template && idOf(template.name, template.language);
  const known = data?.whatsappTemplates ?? [];
  const found = known.find(({ name, language }) => idOf(name, language) === chosen);
  const choices = known.map(({ name, language, status }) => ({
    value: idOf(name, language),
    label: `${name} · ${language}${status === 'APPROVED' ? '' : ` · ${status}`}`,
  }));
  // One that Meta does not name any more is shown all the same.
  if (chosen && !found) choices.push({ value: chosen, label: chosen });
  const names = found?.parameterNames ?? Object.keys(parameters);
  return (
    <Stack>
      <Select
        id={anchor(`${path}.template`)}
        label={text('whatsapp.template')}
        description={text('whatsapp.template.what')}
        placeholder={text('whatsapp.free')}
        clearable
        clearButtonProps={{ 'aria-label': text('whatsapp.free') }}
        searchable
        nothingFoundMessage={text(fetching ? 'editor.wait' : 'whatsapp.none')}
        data={choices}
        value={chosen}
        error={form.errors[`${path}.template`]}
        onChange={(value) => {
          const next = known.find(({ name, language }) => idOf(name, language) === value);
          form.setFieldValue(`${path}.template`, next ? { name: next.name, language: next.language } : null);
          form.setFieldValue(
            `${path}.parameters`,
            Object.fromEntries(next?.parameterNames.map((name) => [name, parameters[name] ?? '']) ?? []),
          );
        }}
      />
      {error && <Alert color="orange">{text('whatsapp.unknown')}</Alert>}
      {!template && <Body {...writing} label="whatsapp.body" lines={5} />}
      {found && (
        <Paper withBorder p="sm" bg="var(--mantine-color-default-hover)">
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {found.body}
          </Text>
        </Paper>
      )}
      {template &&
        names.map((name, number) => (
          <LiquidField
            key={name}
            label={text('whatsapp.value', { name })}
            field={`${path}.parameters.${number}`}
            lines={1}
            value={parameters[name] ?? ''}
            saved={form.errors[`${path}.parameters.${number}`]}
            error={problems.errors.find((one) =>
              one.path.join('.').startsWith(`message.whatsapp.parameters.${number}`),
            )}
            warning={undefined}
            onChange={(value) => {
              form.setFieldValue(`${path}.parameters`, { ...parameters, [name]: value });
            }}
          />
        ))}
      {template && (
        <FileField
          label={text('whatsapp.header')}
          field={`${path}.header`}
          most={1}
          files={written.header ? [written.header] : []}
          error={form.errors[`${path}.header`]}
          onChange={([file]) => {
            form.setFieldValue(`${path}.header`, file ?? null);
          }}
        />
      )}
    </Stack>
  );
}
