/** A rule while it is edited: in the builder, or as the text that the API has where the builder cannot show it. */
import { Alert, List, SegmentedControl, Skeleton, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { UserError } from '../../api/change';
import { useTexts } from '../../texts';
import { Problem } from '../problem';
import { Builder, type OutcomeAt } from './builder';
import { canShow } from './rule';
import { useRuleFields } from './words';

export interface RuleEditorProps {
  /** What is shown first; null for nothing yet. Another one needs another `key`. */
  rule: unknown;
  /** What is wrong, by paths from the rule's root. */
  errors: readonly UserError[];
  /** What each part comes to for one person, by paths from the rule's root. */
  outcomes?: readonly OutcomeAt[] | undefined;
  /** Null while what is written is no JSON. */
  onChange: (rule: unknown) => void;
}

export default function RuleEditor({ rule, errors, outcomes, onChange }: RuleEditorProps) {
  const text = useTexts();
  const { fields, currency, error, again } = useRuleFields();
  const [current, setCurrent] = useState(rule);
  const [isBroken, setBroken] = useState(false);
  const [wants, setWants] = useState<'builder' | 'text'>('builder');
  if (error && !fields)
    return (
      <Problem
        error={error}
        onRetry={() => {
          again({ requestPolicy: 'network-only' });
        }}
      />
    );
  if (!fields) return <Skeleton height={240} aria-busy />;
  const isShown = !isBroken && (current === null || canShow(current, fields));
  const view = isShown ? wants : 'text';
  const change = (next: unknown) => {
    setCurrent(next);
    onChange(next);
  };
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label={text('rule.view')}
        size="xs"
        w="fit-content"
        data={[
          { value: 'builder', label: text('rule.view.builder'), disabled: !isShown },
          { value: 'text', label: text('rule.view.text') },
        ]}
        value={view}
        onChange={(next) => {
          setWants(next === 'text' ? 'text' : 'builder');
        }}
      />
      {!isShown && wants === 'builder' && (
        <Alert color="yellow" p="xs">
          {text('rule.unshown')}
        </Alert>
      )}
      {view === 'builder' ? (
        <Builder
          rule={isShown ? current : null}
          {...{ fields, currency, errors, outcomes }}
          onChange={change}
        />
      ) : (
        <RuleText
          rule={current}
          errors={errors}
          onChange={(next) => {
            // Text that becomes one that the builder can show stays text while it is written.
            setWants('text');
            setBroken(next === null);
            change(next);
          }}
        />
      )}
    </Stack>
  );
}

function RuleText({ rule, errors, onChange }: Pick<RuleEditorProps, 'rule' | 'errors' | 'onChange'>) {
  const text = useTexts();
  const [written, write] = useState(() => (rule === null ? '' : JSON.stringify(rule, null, 2)));
  const isBroken = written.trim() !== '' && parsed(written) === null;
  return (
    <Stack gap="xs">
      <Textarea
        label={text('rule.text')}
        description={text('rule.text.about')}
        autosize
        minRows={8}
        maxRows={30}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        error={isBroken ? text('rule.text.broken') : undefined}
        value={written}
        onChange={(event) => {
          write(event.currentTarget.value);
          onChange(parsed(event.currentTarget.value));
        }}
      />
      {errors.length > 0 && (
        <List size="sm" c="var(--mantine-color-error)">
          {errors.map(({ path, message }) => (
            <List.Item key={`${path.join('.')} ${message}`}>
              {path.length > 0 && (
                <Text span ff="monospace" size="sm">
                  {path.join('.')}:{' '}
                </Text>
              )}
              {message}
            </List.Item>
          ))}
        </List>
      )}
    </Stack>
  );
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written) as unknown;
  } catch {
    return null;
  }
}
