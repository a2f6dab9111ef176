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
import { heldOf, pathOf, type CustomField } from './custom';
import { CustomFields } from './custom-fields';
import { useEditing, valuesOf } from './editing';
import { FIELDS, Fields, SHOWN } from './fields';
import { CUSTOM_FIELDS } from './queries';
import { useCustomShown, useShown } from './shown';

type Customer = NonNullable<CustomerQuery['customer']>;

const NO_FIELDS: readonly CustomField[] = [];

export function Facts({ customer }: { customer: Customer }) {
  const text = useTexts();
  const [isEditing, edit] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const mayWrite = useMay('CUSTOMERS_WRITE');
  const [{ data, fetching }] = useQuery({ query: CUSTOM_FIELDS });
  const fields = data?.customFields ?? NO_FIELDS;
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
            loading={fetching && !data}
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
          customFields={fields}
          onClose={() => {
            edit(false);
          }}
        />
      ) : (
        <Read customer={customer} fields={fields} />
      )}
    </Panel>
  );
}

function Form({
  customer,
  customFields,
  onClose,
}: {
  customer: Customer;
  customFields: readonly CustomField[];
  onClose: () => void;
}) {
  const text = useTexts();
  const { isBusy, errors, fields, edited, set, setCustom, conflict, choices, choose, canSave, save } =
    useEditing(customer, customFields, onClose);
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
        <Fields values={edited.values} errors={errors} onChange={set} />
        <CustomFields fields={fields} values={edited.custom} errors={errors} onChange={setCustom} />
        {conflict && (
          <Conflict
            fields={fields}
            paths={conflict.paths}
            mine={edited}
            theirs={conflict.edited}
            choices={choices}
            onChoose={choose}
          />
        )}
        <Errors errors={errors} except={[...SHOWN, ...fields.map(pathOf)]} />
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

function Read({ customer, fields }: { customer: Customer; fields: readonly CustomField[] }) {
  const text = useTexts();
  const shown = useShown();
  const customShown = useCustomShown();
  const values = valuesOf(customer);
  const custom = (customer.customFields ?? {}) as Readonly<Record<string, unknown>>;
  const facts: [string, string][] = [
    ...FIELDS.filter((field) => field !== 'tags' && field !== 'name').map((field): [string, string] => [
      text(`customer.${field}`),
      shown(field, values[field]),
    ]),
    ...fields.map((field): [string, string] => [
      field.label,
      customShown(field, heldOf(field, custom[field.key])),
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
