/** A customer made by hand, whose page is opened then. */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type SyntheticEvent } from 'react';
import { useQuery } from 'urql';
import { errorAt, useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';
import { customChanged, customInput, customValuesOf, pathOf, type CustomValues } from '../customer/custom';
import { CustomFields } from '../customer/custom-fields';
import { asInput, FIELDS, Fields, isSame, NOTHING, SHOWN } from '../customer/fields';
import { CUSTOM_FIELDS } from '../customer/queries';
import { CREATE } from './queries';

export function NewCustomer({ onClose }: { onClose: () => void }) {
  const text = useTexts();
  const navigate = useNavigate();
  const { isBusy, errors, change } = useChange();
  const [values, setValues] = useState(NOTHING);
  const [externalId, setExternalId] = useState('');
  const [written, setCustom] = useState<CustomValues>({});
  const [{ data }] = useQuery({ query: CUSTOM_FIELDS });
  const fields = data?.customFields ?? [];
  const given = FIELDS.filter((field) => !isSame(values[field], NOTHING[field]));
  const none = customValuesOf(fields, null);
  const custom = { ...none, ...written };
  const others = customChanged(fields, none, custom);
  const submit = async () => {
    const input = {
      ...(externalId.trim() && { externalId: externalId.trim() }),
      ...Object.fromEntries(given.map((field) => [field, asInput(values[field])])),
      ...(others.length && { customFields: customInput(others, custom) }),
    };
    const made = (await change(CREATE, { input }))?.customerCreate.customer;
    if (made) await navigate({ to: '/customers/$id', params: { id: made.id } });
  };
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={text('customers.new')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <form
        noValidate
        onSubmit={(event: SyntheticEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack>
          <Fields
            values={values}
            errors={errors}
            onChange={(changed) => {
              setValues({ ...values, ...changed });
            }}
          />
          <CustomFields fields={fields} values={custom} errors={errors} onChange={setCustom} />
          <TextInput
            label={text('customer.externalId')}
            description={text('customers.new.externalId')}
            value={externalId}
            error={errorAt(errors, 'externalId')}
            onChange={(event) => {
              setExternalId(event.currentTarget.value);
            }}
          />
          <Errors errors={errors} except={[...SHOWN, ...fields.map(pathOf), 'externalId']} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text('confirm.no')}
            </Button>
            <Button
              type="submit"
              loading={isBusy}
              disabled={given.length + others.length === 0 && !externalId.trim()}
            >
              {text('customers.new.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
