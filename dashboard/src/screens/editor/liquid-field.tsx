/** A field that holds Liquid: values to insert where the caret is, and what is wrong at its place. */
import { Button, Group, Input, Text, Textarea, TextInput } from '@mantine/core';
import { useRef, type ComponentType, type ReactNode } from 'react';
import type { UserError } from '../../api/change';
import { useTexts } from '../../texts';
import { anchor } from './problems';
import { Sentence } from './saving';
import { Values } from './values';

export interface Problems {
  errors: readonly UserError[];
  warnings: readonly UserError[];
}

export function LiquidField({
  label,
  description,
  field,
  value,
  onChange,
  saved,
  error,
  warning,
  lines,
  isCode = false,
  more: More,
}: {
  label: string;
  description?: string;
  /** Its name in the form, by which findings lead here. */
  field: string;
  value: string;
  onChange: (value: string) => void;
  /** What was said of it when it was saved. */
  saved?: ReactNode;
  /** What is said of it as it stands. */
  error: UserError | undefined;
  warning: UserError | undefined;
  /** How many are seen; one is a single line. */
  lines: number;
  isCode?: boolean;
  /** More that can be inserted. */
  more?: ComponentType<{ onInsert: (what: string) => void }>;
}) {
  const text = useTexts();
  const element = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const insert = (what: string) => {
    const start = element.current?.selectionStart ?? value.length;
    const end = element.current?.selectionEnd ?? start;
    onChange(value.slice(0, start) + what + value.slice(end));
    // Once the value is in the page.
    setTimeout(() => {
      element.current?.focus();
      element.current?.setSelectionRange(start + what.length, start + what.length);
    });
  };
  const common = {
    ref: element,
    id: anchor(field),
    value,
    error: Boolean(error ?? saved),
    'aria-describedby': `${anchor(field)}-said`,
    onChange: (event: { currentTarget: { value: string } }) => {
      onChange(event.currentTarget.value);
    },
  };
  const problem = error ?? warning;
  return (
    <div>
      <Group justify="space-between" align="flex-end" gap="xs" mb={4} wrap="wrap">
        <Input.Label htmlFor={anchor(field)}>{label}</Input.Label>
        <Group gap={6}>
          {More && <More onInsert={insert} />}
          <Values field={label} isHtml={isCode} onInsert={insert} />
        </Group>
      </Group>
      {lines === 1 ? (
        <TextInput {...common} />
      ) : (
        <Textarea
          {...common}
          autosize
          minRows={lines}
          maxRows={isCode ? 24 : 14}
          {...(isCode && {
            spellCheck: false,
            styles: { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } },
          })}
        />
      )}
      <div id={`${anchor(field)}-said`}>
        {description && (
          <Text size="xs" c="dimmed" mt={4}>
            {description}
          </Text>
        )}
        {problem ? (
          <Group gap="xs" mt={4} wrap="nowrap" align="flex-start" justify="space-between">
            <Text
              size="xs"
              c={error ? 'var(--mantine-color-error)' : 'dimmed'}
              style={{ overflowWrap: 'anywhere' }}
            >
              <Sentence error={problem} />
            </Text>
            {typeof problem.line === 'number' && (
              <Button
                size="compact-xs"
                variant="default"
                style={{ flexShrink: 0 }}
                onClick={() => {
                  goTo(element.current, problem.line ?? 1, problem.column ?? 1);
                }}
              >
                {text('editor.goTo')}
              </Button>
            )}
          </Group>
        ) : (
          saved && (
            <Text size="xs" c="var(--mantine-color-error)" mt={4}>
              {saved}
            </Text>
          )
        )}
      </div>
    </div>
  );
}

/** Puts the caret at a line and column, both from 1. */
function goTo(element: HTMLInputElement | HTMLTextAreaElement | null, line: number, column: number): void {
  if (!element) return;
  const before = element.value.split('\n').slice(0, line - 1);
  const at = before.reduce((length, one) => length + one.length + 1, 0) + column - 1;
  element.focus();
  element.setSelectionRange(at, Math.min(at + 1, element.value.length));
}
