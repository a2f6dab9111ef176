"""Custom fields: what a deployment keeps of its customers beside what every deployment keeps.

- `definitions`: a field as everybody who reads or writes values needs it; `values` checks and reads these,
  whichever way they come; `patterns` holds texts to a form, in linear time.
- `checks`: what a definition itself may be. `service` makes, changes and deletes definitions, `queries` reads
  them: as MongoDB has them now, so that a field can be used everywhere the moment it is made.

Values lie in customers' documents under the field's slot, which no other field ever has: see `customers`.
"""
