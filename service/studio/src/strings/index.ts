// All words that people read, by area. A translation is another object of the same type.
import { account } from '~/strings/account';
import { admin } from '~/strings/admin';
import { cli } from '~/strings/cli';
import { common } from '~/strings/common';
import { instance } from '~/strings/instance';
import { instances } from '~/strings/instances';
import { login } from '~/strings/login';
import { monitoring } from '~/strings/monitoring';
import { shell } from '~/strings/shell';

export const strings = {
  account,
  admin,
  cli,
  common,
  instance,
  instances,
  login,
  monitoring,
  shell,
};
