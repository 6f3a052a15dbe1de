"""What every `PromptGateway` promises, as tests."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve

from jackfield.domain.model.errors import NotFound, Refused, RollbackActive, VersionExists
from jackfield.domain.model.prompts import (
    ContextRule,
    ContextSource,
    InjectionPoint,
    Limits,
    PromptDefinition,
)
from jackfield.domain.model.variables import Variable, VariableType
from jackfield.ports.prompts import PromptGateway, RemoteId, Split

_NOBODY = RemoteId("00000000-0000-4000-8000-000000000000")


class PromptGatewayContract:
    """Provide a `gateway` fixture and inherit the tests; each makes a prompt of a name of its own."""

    @pytest.fixture
    def definition(self) -> PromptDefinition:
        """A first version that has one of everything."""
        return PromptDefinition(
            name=f"contract-{uuid4()}",
            version="1.0.0",
            model="gpt-small",
            max_tokens=2_000,
            template="Grüß {{ name }} of {{tier}}, {{age}} {{vip}} {{tags}}.",
            variables=(
                Variable(name="name"),
                Variable(name="tier", default="gold"),
                Variable(name="age", type=VariableType.NUMBER, default=42.5),
                Variable(name="vip", type=VariableType.BOOLEAN, default=False),
                Variable(name="tags", type=VariableType.ARRAY, default=["a", 1, True]),
            ),
            context_rules=(
                ContextRule(source=ContextSource.KNOWLEDGE_BASE, max_tokens=100),
                ContextRule(
                    source=ContextSource.EXTERNAL_API, max_tokens=50, injection_point=InjectionPoint.USER
                ),
            ),
            metadata={"author": "contract", "purpose": "test"},
        )

    @pytest.fixture
    def second(self, definition: PromptDefinition) -> PromptDefinition:
        """A second version with another text."""
        return evolve(definition, version="1.1.0-rc.1+b.7", template=definition.template + " Be brief.")

    def test_finds_nothing_under_an_unknown_name(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        assert gateway.find(definition.name) is None

    def test_finds_a_created_prompt_with_what_is_live(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        found = gateway.find(definition.name)
        assert found is not None
        assert (found.id, gateway.matches(found.live, definition)) == (prompt, True)

    def test_finds_no_prompt_by_a_part_of_its_name(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        gateway.create(evolve(definition, name=f"{definition.name}-longer"))
        assert gateway.find(definition.name) is None

    def test_refuses_a_second_prompt_of_one_name(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        gateway.create(definition)
        with pytest.raises(Refused):
            gateway.create(definition)

    def test_lists_the_first_version_of_a_created_prompt(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        assert [v.number for v in gateway.versions(prompt)] == ["1.0.0"]

    def test_knows_the_first_version_as_stored(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        assert gateway.stored(prompt, definition)

    def test_storing_leaves_what_is_live(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        assert gateway.matches(gateway.active(prompt), definition)

    def test_knows_a_stored_version(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        assert gateway.stored(prompt, second)

    def test_does_not_know_a_version_that_is_not_there(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        assert not gateway.stored(prompt, second)

    def test_does_not_take_other_content_for_the_stored_version(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        assert not gateway.stored(prompt, evolve(definition, template="{{name}} alone"))

    def test_refuses_a_version_twice(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        with pytest.raises(VersionExists):
            gateway.store(prompt, second)

    def test_lists_versions_newest_first(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        assert [v.number for v in gateway.versions(prompt)] == ["1.1.0-rc.1+b.7", "1.0.0"]

    def test_activating_makes_a_version_live(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        gateway.activate(prompt, second)
        assert gateway.matches(gateway.active(prompt), second)

    def test_activating_twice_is_activating_once(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.activate(prompt, second)
        gateway.activate(prompt, second)
        assert [v.number for v in gateway.versions(prompt)] == ["1.1.0-rc.1+b.7", "1.0.0"]

    def test_activating_an_earlier_version_rolls_back(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.activate(prompt, second)
        gateway.activate(prompt, definition)
        assert gateway.matches(gateway.active(prompt), definition)

    def test_refuses_to_activate_other_content_under_a_known_number(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        with pytest.raises(VersionExists):
            gateway.activate(prompt, evolve(definition, template="{{name}} alone"))

    def test_returns_the_live_definition_as_far_as_the_platform_keeps_it(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        live = gateway.active(gateway.create(definition))
        assert (live.name, live.version, live.model, live.max_tokens, live.variables, live.context_rules) == (
            definition.name,
            definition.version,
            definition.model,
            definition.max_tokens,
            definition.variables,
            definition.context_rules,
        )

    def test_keeps_of_a_definition_what_is_live_after_it(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        live = gateway.active(gateway.create(definition))
        assert gateway.kept(live) == gateway.kept(evolve(definition, limits=Limits(tokens=9)))
        assert gateway.matches(gateway.kept(definition), definition)

    def test_matches_what_differs_only_in_parts_that_the_platform_does_not_keep(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        live = gateway.active(gateway.create(definition))
        assert gateway.matches(live, evolve(definition, user_template="{{name}}", limits=Limits(tokens=9)))

    @pytest.mark.parametrize(
        "change",
        [
            {"version": "1.0.1"},
            {"model": "gpt-large"},
            {"max_tokens": 2_001},
            {"template": "Another {{name}}"},
            {"variables": (Variable(name="name"),)},
            {"context_rules": ()},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_does_not_match_what_differs_in(
        self, gateway: PromptGateway, definition: PromptDefinition, change: dict[str, Any]
    ) -> None:
        live = gateway.active(gateway.create(definition))
        assert not gateway.matches(live, evolve(definition, **change))

    def test_refuses_other_versions_while_one_is_frozen(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.freeze(prompt, "1.0.0", frozen=True)
        with pytest.raises(RollbackActive):
            gateway.store(prompt, second)

    def test_takes_versions_again_after_the_thaw(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.freeze(prompt, "1.0.0", frozen=True)
        gateway.freeze(prompt, "1.0.0", frozen=False)
        gateway.store(prompt, second)
        assert gateway.stored(prompt, second)

    def test_says_which_version_is_frozen(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        gateway.freeze(prompt, "1.0.0", frozen=True)
        gateway.freeze(prompt, "1.0.0", frozen=True)
        assert [v.frozen for v in gateway.versions(prompt)] == [False, True]

    def test_rolls_back_while_a_version_is_frozen(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.activate(prompt, second)
        gateway.freeze(prompt, second.version, frozen=True)
        gateway.activate(prompt, definition)
        assert gateway.matches(gateway.active(prompt), definition)

    @pytest.mark.parametrize("share", [1, 125, 5_000, 10_000])
    def test_splits_and_ends_the_split(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition, share: int
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        split = Split(version=second.version, share=share, variant="canary")
        gateway.split(prompt, split, version=second.version)
        gateway.split(prompt, split, version=second.version)
        assert [v.split for v in gateway.versions(prompt)] == [split, None]
        gateway.split(prompt, None, version=second.version)
        assert [v.split for v in gateway.versions(prompt)] == [None, None]
        assert gateway.matches(gateway.active(prompt), definition)

    def test_a_split_ends_when_a_version_goes_live(
        self, gateway: PromptGateway, definition: PromptDefinition, second: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        gateway.store(prompt, second)
        split = Split(version=second.version, share=500, variant="canary")
        gateway.split(prompt, split, version=second.version)
        gateway.activate(prompt, second)
        assert [v.split for v in gateway.versions(prompt)] == [None, None]

    def test_says_that_an_unknown_prompt_is_not_found(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        with pytest.raises(NotFound):
            gateway.active(_NOBODY)
        with pytest.raises(NotFound):
            gateway.versions(_NOBODY)
        with pytest.raises(NotFound):
            gateway.store(_NOBODY, definition)
        with pytest.raises(NotFound):
            gateway.activate(_NOBODY, definition)

    def test_says_that_an_unknown_version_is_not_found(
        self, gateway: PromptGateway, definition: PromptDefinition
    ) -> None:
        prompt = gateway.create(definition)
        with pytest.raises(NotFound):
            gateway.freeze(prompt, "9.9.9", frozen=True)
