import { Select } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';

import { tenantsQuery } from '~/api/tenants';
import Audit from '~/pages/admin/Audit';
import Capacity from '~/pages/admin/Capacity';
import Keys from '~/pages/admin/Keys';
import People from '~/pages/admin/People';
import Plans from '~/pages/admin/Plans';
import TenantCard from '~/pages/admin/TenantCard';
import Tenants from '~/pages/admin/Tenants';
import Tokens from '~/pages/admin/Tokens';
import Users from '~/pages/admin/Users';
import { identityQuery, useSignedIn } from '~/session/hooks';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { Boundary } from '~/ui/Boundary';
import { Page } from '~/ui/Page';
import { SectionTabs } from '~/ui/Sections';
import { EmptyState, LoadingState, QueryView } from '~/ui/states';

const words = adminWords;

export interface SectionProps {
  tenant: string; // empty: all of the platform
  platform: boolean;
}

interface Section {
  key: keyof typeof words.sections;
  Content: ComponentType<SectionProps>;
  // What the caller's scopes and role have to be.
  isFor: (who: Who) => boolean;
  // Whether there has to be a tenant, may be one, or never is.
  tenant: 'needed' | 'possible' | 'none';
}

interface Who {
  scopes: readonly string[];
  platform: boolean;
  manages: boolean; // members, in a tenant
}

const all: readonly Section[] = [
  {
    key: 'tenants',
    Content: Tenants,
    isFor: ({ platform }) => platform,
    tenant: 'none',
  },
  {
    key: 'tenant',
    Content: TenantCard,
    isFor: ({ platform, scopes }) => !platform && scopes.includes('tenant:read'),
    tenant: 'needed',
  },
  {
    key: 'plans',
    Content: Plans,
    isFor: ({ platform }) => platform,
    tenant: 'none',
  },
  {
    key: 'keys',
    Content: Keys,
    isFor: ({ scopes }) => scopes.includes('keys:read'),
    tenant: 'needed',
  },
  {
    key: 'tokens',
    Content: Tokens,
    isFor: ({ scopes }) => scopes.includes('keys:read'),
    tenant: 'needed',
  },
  {
    key: 'people',
    Content: People,
    isFor: ({ platform, manages }) => platform || manages,
    tenant: 'needed',
  },
  {
    key: 'users',
    Content: Users,
    isFor: ({ platform }) => platform,
    tenant: 'none',
  },
  {
    key: 'audit',
    Content: Audit,
    isFor: ({ scopes }) => scopes.includes('audit:read'),
    tenant: 'possible',
  },
  {
    key: 'capacity',
    Content: Capacity,
    isFor: ({ platform }) => platform,
    tenant: 'none',
  },
];

export default function Admin() {
  const identity = useQuery(identityQuery);
  return (
    <Page title={words.title} layout="fill">
      <QueryView query={identity}>{({ scopes }) => <Sections scopes={scopes} />}</QueryView>
    </Page>
  );
}

function Sections({ scopes }: { scopes: readonly string[] }) {
  const session = useSignedIn();
  const navigate = useNavigate();
  const wanted = useParams().section;
  const [parameters, setParameters] = useSearchParams();
  const platform = scopes.includes('platform');
  const manages = session?.role === 'admin' || session?.role === 'owner';
  const mine = all.filter((one) => one.isFor({ scopes, platform, manages }));
  const section = mine.find((one) => one.key === wanted) ?? mine[0];
  if (section === undefined) {
    return (
      <EmptyState
        icon={<IconLock size={18} />}
        title={words.nothing}
        detail={words.nothingDetail}
      />
    );
  }
  const tenant = platform ? (parameters.get('tenant') ?? '') : (session?.tenant ?? '');
  const { Content } = section;
  const choose = (name: string) =>
    setParameters(name === '' ? {} : { tenant: name }, { replace: true });
  const search = platform && tenant !== '' ? `?tenant=${encodeURIComponent(tenant)}` : '';
  return (
    <SectionTabs
      label={words.title}
      tabs={mine.map(({ key }) => ({ key, label: words.sections[key] }))}
      value={section.key}
      onChange={(key) => void navigate(`/admin/${key}${search}`)}
    >
      {platform && section.tenant !== 'none' && (
        <TenantChoice tenant={tenant} needed={section.tenant === 'needed'} onChoose={choose} />
      )}
      {(section.tenant !== 'needed' || tenant !== '') && (
        <Boundary resetKey={`${section.key} ${tenant}`}>
          <Content key={`${section.key} ${tenant}`} tenant={tenant} platform={platform} />
        </Boundary>
      )}
    </SectionTabs>
  );
}

interface TenantChoiceProps {
  tenant: string;
  needed: boolean;
  onChoose: (name: string) => void;
}

function TenantChoice({ tenant, needed, onChoose }: TenantChoiceProps) {
  const query = useQuery(tenantsQuery);
  return (
    <QueryView query={query} loading={<LoadingState lines={1} />} compact>
      {(tenants) => (
        <>
          <Select
            size="xs"
            w={240}
            maw="100%"
            aria-label={words.chooseTenant}
            placeholder={needed ? words.chooseFirst : strings.shell.allTenants}
            data={tenants.map((one) => one.name)}
            searchable
            clearable={!needed}
            value={tenant === '' ? null : tenant}
            onChange={(value) => onChoose(value ?? '')}
          />
          {needed && tenant === '' && (
            <EmptyState title={tenants.length === 0 ? words.noTenants : words.chooseFirst} />
          )}
        </>
      )}
    </QueryView>
  );
}
