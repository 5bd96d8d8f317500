import { z } from 'zod';
import { formatCount } from '../cli/format-values.js';
import type { ScenarioContext } from './scenario.js';
import { STAGE_TEXT as T } from './text/stage-text.js';

const counted = z.object({ memberCount: z.int() });
const AT_ONCE = 16;

/** Makes sure that the folder has its members; what is there already stays. */
export async function fillMembers({ api, stages, say }: ScenarioContext, members: number): Promise<void> {
  await stages.run(say(T.members), async (show) => {
    const { memberCount } = (await api.post('/v1/members/count', { where: '' })).read(counted);
    let next = memberCount;
    const write = async (): Promise<void> => {
      while (next < members) {
        const number = next++;
        await api.put(`/v1/members/M${String(number).padStart(7, '0')}`, memberOf(number));
        if (number % 100 === 0) show(formatCount(number));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, write));
    return { text: formatCount(members) };
  });
}

const memberOf = (number: number): object => ({
  name: `会员${number}`,
  level: number % 50 === 0 ? 4 : number % 4,
  points: number,
  phone: `+86138${String(number).padStart(8, '0')}`,
  email: `m${number}@shop.example`,
  pushToken: `token-${number}`,
  pushPlatform: 'android',
  consent: { sms: 'granted', email: 'granted', app: 'granted' },
});
