import { VisuallyHidden } from '@mantine/core';

// The header of a column of buttons, for those who hear the table.
export function HiddenHeader({ label }: { label: string }) {
  return (
    <th scope="col">
      <VisuallyHidden>{label}</VisuallyHidden>
    </th>
  );
}
