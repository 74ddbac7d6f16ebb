// Holds answers against the shapes of the OpenAPI documents, so that a wrong one becomes an error
// that a panel can show. Fields that are not known are no fault: a newer server may say more.

export interface Shape {
  type?: string | string[];
  required?: string[];
  properties?: Record<string, Shape | true>;
  items?: Shape | true;
  anyOf?: (Shape | true)[];
  additionalProperties?: Shape | true;
  ref?: string;
}

export interface ShapesOfService {
  answers: Record<string, Shape | true>; // by "GET /v1/nodes"
  schemas: Record<string, Shape | true>;
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

// Where the value departs from the shape, as "items.3.port"; nothing when it does not.
export function misfit(
  shape: Shape | true | undefined,
  value: unknown,
  schemas: ShapesOfService['schemas'],
  path = '',
): string | undefined {
  if (shape === undefined || shape === true) return undefined;
  if (shape.ref !== undefined) return misfit(schemas[shape.ref], value, schemas, path);
  const here = path === '' ? 'the answer' : path;
  if (shape.anyOf) {
    const fits = shape.anyOf.some((one) => misfit(one, value, schemas, path) === undefined);
    return fits ? undefined : here;
  }
  if (shape.type !== undefined) {
    const types = typeof shape.type === 'string' ? [shape.type] : shape.type;
    if (!types.some((type) => isOf(type, value))) return here;
  }
  if (Array.isArray(value)) return misfitOfItems(shape, value, schemas, path);
  if (typeof value === 'object' && value !== null) {
    return misfitOfFields(shape, value as Record<string, unknown>, schemas, path);
  }
  return undefined;
}

function misfitOfItems(
  shape: Shape,
  items: unknown[],
  schemas: ShapesOfService['schemas'],
  path: string,
): string | undefined {
  if (shape.items === undefined) return undefined;
  for (const [index, item] of items.entries()) {
    const found = misfit(shape.items, item, schemas, path === '' ? `${index}` : `${path}.${index}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function misfitOfFields(
  shape: Shape,
  fields: Record<string, unknown>,
  schemas: ShapesOfService['schemas'],
  path: string,
): string | undefined {
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = shape.required?.find((name) => !(name in fields));
  if (missing !== undefined) return below(missing);
  for (const [name, field] of Object.entries(fields)) {
    const found = misfit(
      shape.properties?.[name] ?? shape.additionalProperties,
      field,
      schemas,
      below(name),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
