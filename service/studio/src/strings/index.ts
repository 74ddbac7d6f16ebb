// All words that people read, by area. A translation is another object of the same type.
import { account } from '~/strings/account';
import { admin } from '~/strings/admin';
import { common } from '~/strings/common';
import { instances } from '~/strings/instances';
import { login } from '~/strings/login';
import { monitoring } from '~/strings/monitoring';
import { shell } from '~/strings/shell';

export const strings = { account, admin, common, instances, login, monitoring, shell };
