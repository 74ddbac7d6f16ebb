// All words that people read, by area. A translation is another object of the same type. Those of pages
// that are loaded when they are visited are not part of this object: they import their own file.
import { common } from '~/strings/common';
import { instances } from '~/strings/instances';
import { login } from '~/strings/login';
import { shell } from '~/strings/shell';

export const strings = { common, instances, login, shell };
