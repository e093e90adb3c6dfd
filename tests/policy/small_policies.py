"""Two small policies, each with two versions, that use every feature of the engine."""

RATING = """\
title: 测试评级
versions:
  - version: 甲
    valid_from: 2026-01
    basis: 测试
    domains:
      - domain: 质量
        weight: 60
        parts:
          - {findings: [质量安全, 应急管理], weight: 60, basis: 条款一}
          - {indicator: good_rate, weight: 40, basis: 条款二, window: 3, min_whole: 5, shrink: 10, curve: [[50, 0], [80, 60], [95, 100]]}
      - domain: 服务
        weight: 40
        parts:
          - {indicator: mark, weight: 1, basis: 条款三, window: 2, min_whole: 2, shrink: 3, kinds: [养老机构], curve: [[1, 0], [5, 100]]}
          - {indicator: bad_rate, weight: 2, basis: 条款四, curve: [[0, 100], [100, 50], [300, 0]]}
          - {findings: [运营秩序], weight: 1, basis: 条款五}
    deduction:
      points:
        一般: {个别: 4, 多处: 8, 普遍: 16}
        较重: {个别: 16, 多处: 20, 普遍: 35}
        严重: {个别: 45, 多处: 50, 普遍: 75}
        重大: {个别: 75, 多处: 100, 普遍: 150}
      decay: [{months: 6, share: 1}, {months: 12, share: 0.5}]
      repeat: [0.5, 0.7, 0.85]
      overdue: 0.5
    minimum:
      - {any_of: [{measure: months_registered, at_least: 3}], missing: "登记{months_registered}个月"}
      - any_of:
          - {measure: inspections, window: 12, at_least: 1}
          - {measure: indicator, indicator: volume, window: 2, at_least: 30}
        missing: "检查{inspections}次、订单{volume}单"
    confidence:
      - {level: 高, all_of: [{measure: inspections, at_least: 2}, {measure: domains, at_least: 2}]}
      - {level: 中, all_of: [{measure: domains, at_least: 2}]}
    stars: {method: fixed, cuts: [40, 60, 75, 90]}
    caps:
      - rule: major
        cap: 1
        basis: 条款六
        when: {facts: finding, where: {severity: 重大, open: true}, row: "{happened_on}{description}"}
        because: 有{count}项重大隐患未整改
      - rule: serious
        cap: 3
        basis: 条款七
        when: {facts: finding, where: {severity: 严重, open: true}, row: "{happened_on}{description}"}
        because: "{items}"
      - rule: permit
        cap: 2
        basis: 条款八
        when: {facts: permit, where: {permit: [执业登记, 食品经营], held: true, valid: false, days_void: {min: 1}}, kinds: [养老机构], row: "{permit}{expires_on}"}
        because: "{items}"
  - version: 乙
    valid_from: 2026-04
    basis: 测试
    domains:
      - domain: 质量
        weight: 100
        parts:
          - {findings: [质量安全], weight: 50, basis: 条款一}
          - {indicator: good_rate, weight: 50, basis: 条款二, window: 1, curve: [[0, 0], [100, 100]]}
    deduction:
      points:
        一般: {个别: 1, 多处: 2, 普遍: 3}
        较重: {个别: 4, 多处: 5, 普遍: 6}
        严重: {个别: 7, 多处: 8, 普遍: 9}
        重大: {个别: 10, 多处: 11, 普遍: 12}
      decay: [{months: 24, share: 0.75}]
    stars: {method: distribution, cuts: [0.25, 0.5, 0.6, 0.75], minimum_group: 2, fallback: [20, 40, 60, 80]}
    caps:
      - rule: abuse
        cap: 1
        basis: 条款九
        when: {facts: penalty, where: {reason: [虐待老人, 欺诈骗补]}, window: 6, row: "{happened_on}{reason}"}
        because: "{first}至{last}：{items}"
      - rule: serious
        cap: 3
        basis: 条款七
        when: {facts: finding, where: {severity: [严重, 重大], open: true}, row: "{happened_on}{description}"}
        because: "{items}"
  - version: 丙
    valid_from: 2026-05
    basis: 测试
    rounding: {digits: 0, mode: half_even}
    areas: {东片: ["330105001"], 西片: ["330105002", "330105003051"]}
    domains:
      - domain: 质量
        weight: 1
        parts:
          - {findings: [质量安全, 涉及资金], weight: 50, basis: 条款一}
          - {indicator: good_rate, weight: 50, basis: 条款二, window: 2, steps: [[20, 30], [50, 75], [90, 100]]}
        stars: {method: distribution, cuts: [0.2, 0.4, 0.6, 0.8], within: [kind, area], minimum_group: 2, fallback: [30, 50, 70, 90]}
      - domain: 服务
        method: sum
        better: lower
        rescale: true
        at_least_parts: 1
        parts:
          - {indicator: bad_rate, weight: 0.5, basis: 条款三, curve: [[0, 0], [500, 20]]}
          - {indicator: mark, weight: 2, basis: 条款四, window: 3, curve: [[0, 30], [5, 10]]}
        stars: {method: fixed, cuts: [60, 45, 35, 20], within: [kind]}
      - domain: 口碑
        parts:
          - {indicator: mark, weight: 3, basis: 条款五, window: 6, curve: [[0, 0], [5, 100]]}
    deduction:
      points:
        一般: {个别: 4, 多处: 8, 普遍: 16}
        较重: {个别: 16, 多处: 20, 普遍: 35}
        严重: {个别: 45, 多处: 50, 普遍: 75}
        重大: {个别: 75, 多处: 100, 普遍: 150}
      decay: [{months: 24, share: 1}]
    base: 质量
    adjust:
      - {rule: service_good, domain: 服务, star_at_least: 4, by: 1, above_base: true, basis: 条款六}
      - {rule: service_bad, domain: 服务, star_at_most: 2, by: -1, basis: 条款六}
      - {rule: voice, domain: 口碑, score_at_least: 60, by: 2, basis: 条款七}
    limits:
      - {rule: slow, base_at_most: 2, gain_at_most: 1, basis: 条款八}
    caps:
      - rule: inspected
        domain: 服务
        cap: 3
        basis: 条款九
        when: {facts: finding, where: {severity: 较重, open: true}, row: "{happened_on}{description}"}
        because: "{items}"
      - rule: serious
        cap: 3
        basis: 条款七
        when: {facts: finding, where: {severity: [严重, 重大], open: true}, row: "{happened_on}{description}"}
        because: "{items}"
"""

EXIT = """\
title: 测试退出
versions:
  - version: 甲
    valid_from: 2026-01
    basis: 测试
    notice: {exit_proposed: （由人决定）}
    demerits:
      - {rule: finding, facts: finding, where: {severity: [严重, 重大]}, points: 3, basis: 记分, row: "{happened_on}{severity}"}
      - {rule: again, facts: inspection, where: {kind: 复查, result: 不合格}, points: 2, basis: 记分, row: "{happened_on}复查不合格"}
    criteria:
      - {rule: decided, state: exited, decided: true, basis: 决定,
         when: {facts: action, where: {kind: 退出决定, restored: false}, row: "{happened_on}{document_no}"},
         because: "{items}"}
      - {rule: closed, state: exited, decided: true, basis: 决定,
         when: {facts: closure, where: {in_exit: true}, row: "{happened_on}"},
         because: "{items}"}
      - {rule: notified, state: exit_proposed, decided: true, basis: 告知,
         when: {facts: action, where: {kind: 拟退出, restored: false}, row: "{happened_on}"},
         because: "{items}"}
      - {rule: points, state: exit_proposed, basis: 记分,
         when: {facts: demerit, measure: points, at_least: 8, window: 12, row: "{sentence}"},
         because: "累计{sum}分"}
      - {rule: order, state: rectifying, reset: false, basis: 整改,
         when: {facts: finding, where: {ordered: true, open: true}, since: ordered_on, row: "{description}"},
         because: "{count}项"}
      - {rule: stars, state: watch, basis: 星级,
         when: {facts: star, where: {star: 1, months_ago: {max: 1}}, at_least: 2, row: "{rated_month}"},
         because: "{items}"}
      - {rule: voices, state: watch, basis: 投诉,
         when: {facts: complaint, where: {dissatisfied: true}, window: 6, at_least: 2, row: "{happened_on}{subject}"},
         because: "{count}件"}
  - version: 乙
    valid_from: 2026-05
    basis: 测试
    criteria:
      - {rule: back, state: watch, decided: true, reset: false, basis: 恢复,
         when: {facts: action, where: {kind: 恢复}, window: 3, row: "{happened_on}"},
         because: "{items}"}
      - {rule: late, state: rectifying, basis: 整改,
         when: {facts: finding, where: {overdue: true, days_overdue: {min: 10}}, since: overdue_since, row: "{days_overdue}天"},
         because: "{items}"}
      - {rule: void, state: watch, basis: 证照,
         when: {facts: permit, where: {valid: false, recorded: true, days_void: {min: 12}}, at_least: 2, since: void_since, row: "{permit}"},
         because: "{items}"}
      - {rule: marks, state: watch, basis: 评分,
         when: {facts: figure, where: {indicator: bad_rate, months: 3, whole: {min: 10}, value: {min: 400}}, kinds: [老年食堂], row: "{name}{value}"},
         because: "{items}"}
"""
