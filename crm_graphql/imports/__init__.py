"""Files as people have them: what a file is, which column is which field, its cells as values.

- `tables` and `plans`: the ports of what reads a file to cells, and of what makes rows of them.
- `mapping`: the plan of one file. `columns` says which column goes to which field (`fields` is the table of
  all, `presets` are the exports that are known), `deciding` which options the first rows decide, `doors`
  whether the file is of another kind.
- `sources`: a row's values out of its columns; `cells`, `numbers`, `moments`, `consent` and `keys` read them,
  `line_items` takes an order's rows together.
- `rows`: a row on its way to its check.
"""
