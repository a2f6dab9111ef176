/** Who a customer is; changed in its place by who may. */
import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { useQuery } from 'urql';
import { Errors } from '../../components/errors';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import type { CustomerQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Conflict } from './conflict';
import { useEditing, valuesOf } from './editing';
import { FIELDS, Fields, SHOWN } from './fields';
import { CUSTOM_FIELDS } from './queries';
import { useShown } from './shown';

type Customer = NonNullable<CustomerQuery['customer']>;

export function Facts({ customer }: { customer: Customer }) {
  const text = useTexts();
  const [isEditing, edit] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const mayWrite = useMay('CUSTOMERS_WRITE');
  useEffect(() => {
    if (wasEditing.current && !isEditing) button.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  return (
    <Panel
      title={text('customer.facts')}
      aside={
        mayWrite &&
        !isEditing && (
          <Button
            ref={button}
            size="xs"
            variant="default"
            onClick={() => {
              edit(true);
            }}
          >
            {text('customer.edit')}
          </Button>
        )
      }
    >
      {isEditing ? (
        <Form
          customer={customer}
          onClose={() => {
            edit(false);
          }}
        />
      ) : (
        <Read customer={customer} />
      )}
    </Panel>
  );
}

function Form({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const text = useTexts();
  const { isBusy, errors, values, set, conflict, choices, choose, canSave, save } = useEditing(
    customer,
    onClose,
  );
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector('input')?.focus();
  }, []);
  return (
    <form
      ref={form}
      noValidate
      aria-label={text('customer.facts')}
      onSubmit={(event: SyntheticEvent) => {
        event.preventDefault();
        if (canSave) void save();
      }}
    >
      <Stack>
        <Fields values={values} errors={errors} onChange={set} />
        {conflict && (
          <Conflict
            fields={conflict.fields}
            mine={values}
            theirs={conflict.values}
            choices={choices}
            onChoose={choose}
          />
        )}
        <Errors errors={errors} except={SHOWN} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {text('customer.edit.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!canSave}>
            {text(conflict ? 'customer.edit.saveAfter' : 'customer.edit.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Read({ customer }: { customer: Customer }) {
  const text = useTexts();
  const shown = useShown();
  const [{ data }] = useQuery({ query: CUSTOM_FIELDS, requestPolicy: 'cache-first' });
  const values = valuesOf(customer);
  const custom = Object.entries((customer.customFields ?? {}) as Record<string, unknown>);
  const facts: [string, string][] = [
    ...FIELDS.filter((field) => field !== 'tags' && field !== 'name').map((field): [string, string] => [
      text(`customer.${field}`),
      shown(field, values[field]),
    ]),
    ...custom.map(([key, value]): [string, string] => [
      data?.customFields?.find((field) => field.key === key)?.label ?? key,
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
    [text('customer.externalId'), [customer.externalId, ...customer.formerExternalIds].join(', ')],
  ];
  return (
    <Stack gap="sm">
      <Stack component="dl" gap={6} m={0}>
        {facts.map(([label, value]) => (
          <Group key={label} gap="xs" wrap="nowrap" align="baseline">
            <Text component="dt" size="sm" c="dimmed" w={130} style={{ flexShrink: 0 }}>
              {label}
            </Text>
            <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Text>
          </Group>
        ))}
      </Stack>
      {customer.tags.length > 0 && (
        <Group gap={6}>
          {customer.tags.map((tag) => (
            <Badge key={tag} variant="default" tt="none" fw={500}>
              {tag}
            </Badge>
          ))}
        </Group>
      )}
    </Stack>
  );
}
