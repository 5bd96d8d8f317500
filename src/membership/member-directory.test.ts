import { memberDirectoryConformance } from '../../test/conformance/member-directory.js';
import { DIRECTORY_MEMBERS, insertDirectoryMembers } from '../../test/support/directory-members.js';
import { remoteMemberDirectory } from '../../test/support/remote-member-directory.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { storeMemberDirectory } from './store-member-directory.js';

memberDirectoryConformance('our own members', async (population) => {
  const { store, clock, remove } = await temporaryStore();
  if (population === 'some') await insertDirectoryMembers(store);
  return {
    directory: storeMemberDirectory({ store, clock }),
    members: population === 'some' ? DIRECTORY_MEMBERS : [],
    close: remove,
  };
});

memberDirectoryConformance('a member system elsewhere', async (population) => {
  const members = population === 'some' ? DIRECTORY_MEMBERS : [];
  return { directory: remoteMemberDirectory(members), members, close: async () => {} };
});
