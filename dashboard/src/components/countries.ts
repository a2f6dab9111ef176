/** Countries by the names that the reader's language has for them. */
import { useMemo } from 'react';
import { useIntl } from 'react-intl';

/** ISO 3166-1: the codes by which the server keeps countries. */
const CODES =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT ' +
  'BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ' +
  'ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT ' +
  'HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS ' +
  'LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI ' +
  'NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG ' +
  'SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG ' +
  'UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ';

/** A country's name; what is no code is shown as it stands. */
export function useCountryName(): (code: string) => string {
  const intl = useIntl();
  return (code) =>
    /^[A-Z]{2}$/.test(code) ? (intl.formatDisplayName(code, { type: 'region' }) ?? code) : code;
}

/** All of them for a field to choose from, in the order of the reader's alphabet. */
export function useCountries(): { value: string; label: string }[] {
  const intl = useIntl();
  return useMemo(() => {
    // One for all of them: each comparison by itself would make its own.
    const { compare } = new Intl.Collator(intl.locale);
    return CODES.trim()
      .split(' ')
      .map((value) => ({ value, label: intl.formatDisplayName(value, { type: 'region' }) ?? value }))
      .sort((one, other) => compare(one.label, other.label));
  }, [intl]);
}
