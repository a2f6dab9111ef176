/** An audience from plain words: what was understood and what was not, to be looked at before it is taken. */
import { Alert, Badge, Button, Group, List, Stack, Text, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useChange } from '../api/change';
import { graphql } from '../gql';
import type { RuleSuggestMutation, SuggestionOutcome } from '../gql/graphql';
import { useTexts } from '../texts';
import { Errors } from './errors';

const SUGGEST = graphql(`
  mutation RuleSuggest($input: RuleSuggestInput!) {
    ruleSuggest(input: $input) {
      suggestion {
        outcome
        rule
        ruleText
        notes
        source
        size
      }
      errors {
        ...Refusal
      }
    }
  }
`);

type Suggestion = NonNullable<RuleSuggestMutation['ruleSuggest']['suggestion']>;

const COLORS: Record<SuggestionOutcome, string> = {
  RULE: 'green',
  ASSUMED: 'yellow',
  QUESTION: 'blue',
  REFUSED: 'red',
};

/** Offered to whom it is granted (`ASSISTANT_USE`): who shows it asks. */
export function PlainWords({
  children,
}: {
  /** What can be done with a rule that came of the words; begins anew with each. */
  children: (rule: unknown, words: string) => ReactNode;
}) {
  const text = useTexts();
  const [prompt, write] = useState('');
  const [answer, take] = useState<{ words: string; suggestion: Suggestion } | null>(null);
  const { isBusy, errors, change } = useChange();
  const ask = async () => {
    take(null);
    const suggestion = (await change(SUGGEST, { input: { prompt } }))?.ruleSuggest.suggestion;
    take(suggestion ? { words: prompt.trim(), suggestion } : null);
  };
  return (
    <Stack gap="sm">
      <Stack
        component="form"
        gap="sm"
        onSubmit={(event) => {
          event.preventDefault();
          if (prompt.trim()) void ask();
        }}
      >
        <Textarea
          label={text('words.label')}
          placeholder={text('words.example')}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2_000}
          value={prompt}
          onChange={(event) => {
            write(event.currentTarget.value);
          }}
        />
        <Group>
          <Button type="submit" variant="default" loading={isBusy} disabled={!prompt.trim()}>
            {text('words.ask')}
          </Button>
        </Group>
        <Errors errors={errors} />
      </Stack>
      <div role="status">{answer && <Understood suggestion={answer.suggestion} />}</div>
      {answer && answer.suggestion.rule != null && children(answer.suggestion.rule, answer.words)}
    </Stack>
  );
}

function Understood({ suggestion }: { suggestion: Suggestion }) {
  const text = useTexts();
  const { outcome, rule, ruleText, notes, size } = suggestion;
  return (
    <Alert
      variant="outline"
      color={COLORS[outcome]}
      title={text(`words.outcome.${outcome}`)}
      // Mantine writes the title in the colour of the border, which is too light to be read.
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap="xs" align="flex-start">
        {ruleText && <Text style={{ overflowWrap: 'anywhere' }}>{ruleText}</Text>}
        {notes.length > 0 && (
          <List size="sm">
            {notes.map((note) => (
              <List.Item key={note}>{note}</List.Item>
            ))}
          </List>
        )}
        {rule != null && size != null && (
          <Badge variant="light" color="gray" tt="none">
            {text('audiences.people', { count: size })}
          </Badge>
        )}
      </Stack>
    </Alert>
  );
}
