import { asApiError } from '~/api/errors';

interface FormLike {
  setFieldError: (path: string, error: string) => void;
  getInputNode: (path: string) => HTMLElement | null;
}

export function textOfFailure(failure: unknown): string {
  const error = asApiError(failure);
  return error.detail === '' ? error.title : `${error.title}: ${error.detail}`;
}

// Puts what the server refused at the field that it names; gives the rest as text for the form's foot.
// `fields` maps the API's names to the form's.
export function applyProblem(
  form: FormLike,
  failure: unknown,
  fields: Partial<Record<string, string>>,
): string | undefined {
  const error = asApiError(failure);
  const path = error.field === undefined ? undefined : fields[error.field];
  if (path === undefined) return textOfFailure(error);
  form.setFieldError(path, error.detail);
  form.getInputNode(path)?.focus();
  return undefined;
}
