/** An audience from plain words: what was understood and what was not, to be looked at before it is taken. */
import { Alert, Badge, Button, Group, List, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
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
        path
        code
        message
      }
    }
  }
`);

export type Suggestion = NonNullable<RuleSuggestMutation['ruleSuggest']['suggestion']>;

const COLORS: Record<SuggestionOutcome, string> = {
  RULE: 'green',
  ASSUMED: 'yellow',
  QUESTION: 'blue',
  REFUSED: 'red',
};

/** Offered to whom it is granted (`ASSISTANT_USE`): who shows it asks. */
export function PlainWords({
  takeLabel,
  onTake,
}: {
  /** What taking the rule does here. */
  takeLabel: string;
  onTake: (suggestion: Suggestion) => void;
}) {
  const text = useTexts();
  const [prompt, write] = useState('');
  const [suggestion, suggest] = useState<Suggestion | null>(null);
  const { isBusy, errors, change } = useChange();
  const ask = async () => {
    suggest(null);
    const data = await change(SUGGEST, { input: { prompt } });
    suggest(data?.ruleSuggest.suggestion ?? null);
  };
  return (
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
        <Button type="submit" variant="light" loading={isBusy} disabled={!prompt.trim()}>
          {text('words.ask')}
        </Button>
      </Group>
      <Errors errors={errors} />
      <div role="status">{suggestion && <Understood {...{ suggestion, takeLabel, onTake }} />}</div>
    </Stack>
  );
}

function Understood({
  suggestion,
  takeLabel,
  onTake,
}: {
  suggestion: Suggestion;
  takeLabel: string;
  onTake: (suggestion: Suggestion) => void;
}) {
  const text = useTexts();
  const { outcome, rule, ruleText, notes, size } = suggestion;
  return (
    <Alert variant="outline" color={COLORS[outcome]} title={text(`words.outcome.${outcome}`)}>
      <Stack gap="xs" align="flex-start">
        {ruleText && <Text style={{ overflowWrap: 'anywhere' }}>{ruleText}</Text>}
        {notes.length > 0 && (
          <List size="sm">
            {notes.map((note) => (
              <List.Item key={note}>{note}</List.Item>
            ))}
          </List>
        )}
        {rule != null && (
          <Group gap="sm">
            <Button
              size="compact-md"
              onClick={() => {
                onTake(suggestion);
              }}
            >
              {takeLabel}
            </Button>
            {size != null && (
              <Badge variant="light" color="gray" tt="none">
                {text('audiences.people', { count: size })}
              </Badge>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
